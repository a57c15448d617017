// dcmjs-dimse and the Modality Performed Procedure Step. As SCU: mpps.js scu HOST PORT CALLED CALLING FILE, where FILE is
// JSON: a list of [operation, SOP Instance UID, attributes by keyword]; a line "operation STATUS" for each comes back.
// As SCP: mpps.js scp, which prints its port, and a line of JSON for each request it was sent.
'use strict';

const fs = require('fs');
const dimse = require('dcmjs-dimse');
const { listen } = require('./listen');

const { NCreateRequest, NSetRequest } = dimse.requests;
const { NCreateResponse, NSetResponse } = dimse.responses;
const { Dataset, Scp } = dimse;
const { Status, PresentationContextResult, TransferSyntax } = dimse.constants;
const mpps = '1.2.840.10008.3.1.2.3.3';

dimse.log.setLevel('silent');

function asScu([host, port, called, calling, file]) {
  const client = new dimse.Client();
  for (const [operation, uid, attributes] of JSON.parse(fs.readFileSync(file, 'utf8'))) {
    const request = operation === 'create' ? new NCreateRequest(mpps, uid) : new NSetRequest(mpps, uid);
    request.setDataset(new Dataset(attributes));
    request.on('response', (response) => console.log(`${operation} ${response.getStatus().toString(16).padStart(4, '0')}`));
    client.addRequest(request);
  }
  client.on('networkError', (error) => console.log(`network error ${error.message || error}`));
  client.on('associationRejected', () => console.log('rejected'));
  client.on('closed', () => process.exit(0));
  client.send(host, Number(port), calling, called, { connectTimeout: 5000, associationTimeout: 5000, pduTimeout: 5000 });
}

class Steps extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      if (context.getAbstractSyntaxUid() === mpps)
        context.setResult(PresentationContextResult.Accept, TransferSyntax.ImplicitVRLittleEndian);
      else
        context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
    }
    this.sendAssociationAccept();
  }
  tell(operation, request) {
    console.log(JSON.stringify({ operation, elements: request.getDataset() ? request.getDataset().getElements() : null }));
  }
  nCreateRequest(request, callback) {
    this.tell('create', request);
    const response = NCreateResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }
  nSetRequest(request, callback) {
    this.tell('set', request);
    const response = NSetResponse.fromRequest(request);
    response.setStatus(Status.Success);
    callback(response);
  }
  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

const [role, ...words] = process.argv.slice(2);
if (role === 'scu') asScu(words);
else listen(Steps);
