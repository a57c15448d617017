// dcmjs-dimse in each service, for the interoperability matrix.
//   services.js scu ACTION HOST PORT CALLED CALLING WORD...   one association; the last line is "closed" if it was released
//   services.js scp FOLDER REPORT-PORT FILE...                an SCP on a free port, which it prints: stores into FOLDER,
//                                                             finds what FILEs hold, reports commitment to REPORT-PORT
'use strict';

const path = require('path');
const dimse = require('dcmjs-dimse');
const { listen } = require('./listen');

const { CEchoRequest, CFindRequest, CGetRequest, CMoveRequest, CStoreRequest, NActionRequest, NCreateRequest,
  NEventReportRequest, NSetRequest } = dimse.requests;
const { CEchoResponse, CFindResponse, CStoreResponse, NActionResponse, NCreateResponse, NEventReportResponse, NGetResponse,
  NSetResponse, NDeleteResponse } = dimse.responses;
const { Client, Dataset, Scp } = dimse;
const { Status, PresentationContextResult, TransferSyntax } = dimse.constants;

const mpps = '1.2.840.10008.3.1.2.3.3';
const commitment = ['1.2.840.10008.1.20.1', '1.2.840.10008.1.20.1.1'];
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const [filmBox, imageBox] = ['1.2.840.10008.5.1.1.2', '1.2.840.10008.5.1.1.4'];
const options = { connectTimeout: 5000, associationTimeout: 5000, pduTimeout: 20000 };

dimse.log.setLevel('silent');

function keep(folder, dataset) {
  const file = path.join(folder, `${dataset.getElement('SOPInstanceUID')}.dcm`);
  dataset.toFile(file);
}

function item() {
  return {
    SpecificCharacterSet: 'ISO_IR 100', PatientName: 'DOE^JANE', PatientID: 'P1', AccessionNumber: 'A1', StudyInstanceUID: '2.25.7',
    PatientBirthDate: '', PatientSex: 'F', RequestedProcedureID: 'R1', RequestedProcedureDescription: '',
    ScheduledProcedureStepSequence: [{ Modality: 'CT', ScheduledStationAETitle: 'CT1', ScheduledProcedureStepStartDate: '20260705',
      ScheduledProcedureStepStartTime: '0900', ScheduledPerformingPhysicianName: '', ScheduledProcedureStepDescription: 'HEAD',
      ScheduledProcedureStepID: 'S1' }],
  };
}

function step() {
  return {
    ScheduledStepAttributesSequence: [{ StudyInstanceUID: '2.25.7', ReferencedStudySequence: [], AccessionNumber: 'A1',
      RequestedProcedureID: '', RequestedProcedureDescription: '', ScheduledProcedureStepID: '',
      ScheduledProcedureStepDescription: '', ScheduledProtocolCodeSequence: [] }],
    PatientName: 'DOE^JANE', PatientID: 'P1', PatientBirthDate: '', PatientSex: '', ReferencedPatientSequence: [],
    PerformedProcedureStepID: 'PPS1', PerformedStationAETitle: 'CT1', PerformedStationName: '', PerformedLocation: '',
    PerformedProcedureStepStartDate: '20260705', PerformedProcedureStepStartTime: '0900', PerformedProcedureStepStatus: 'IN PROGRESS',
    PerformedProcedureStepDescription: '', PerformedProcedureTypeDescription: '', ProcedureCodeSequence: [],
    PerformedProcedureStepEndDate: '', PerformedProcedureStepEndTime: '', Modality: 'CT', StudyID: '',
    PerformedProtocolCodeSequence: [], PerformedSeriesSequence: [],
  };
}

function end() {
  return {
    PerformedProcedureStepStatus: 'COMPLETED', PerformedProcedureStepEndDate: '20260705', PerformedProcedureStepEndTime: '0930',
    PerformedSeriesSequence: [{ PerformingPhysicianName: '', ProtocolName: 'HEAD', OperatorsName: '', SeriesInstanceUID: '2.25.8',
      SeriesDescription: '', RetrieveAETitle: '', ReferencedImageSequence: [], ReferencedNonImageCompositeSOPInstanceSequence: [] }],
  };
}

function normalized(kind, attributes, ...words) {
  const request = new kind(...words);
  if (attributes !== null) request.setDataset(new Dataset(attributes));
  return request;
}

function requests(client, action, words) {
  switch (action) {
    case 'echo': return [new CEchoRequest()];
    case 'store': return words.map((file) => new CStoreRequest(file));
    case 'find': return [CFindRequest.createStudyFindRequest({ PatientName: '', StudyInstanceUID: words[0] })];
    case 'get':
    case 'cancel': {
      const request = CGetRequest.createStudyGetRequest(words[0]);
      let stored = 0;
      client.on('cStoreRequest', (store, callback) => {
        keep(words[1], store.getDataset());
        const response = CStoreResponse.fromRequest(store);
        response.setStatus(Status.Success);
        callback(response);
        if (action === 'cancel' && ++stored === 1) client.cancel(request);
      });
      return [request];
    }
    case 'move': return [CMoveRequest.createStudyMoveRequest(words[1], words[0])];
    case 'worklist': {
      const request = CFindRequest.createWorklistFindRequest({ PatientName: '', ScheduledProcedureStepSequence: [{ Modality: 'CT' }] });
      // The library has an empty US in its keys and writes it as 0, which no item matches.
      delete request.getDataset().elements.PregnancyStatus;
      return [request];
    }
    case 'mpps': return [normalized(NCreateRequest, step(), mpps, '2.25.6'), normalized(NSetRequest, end(), mpps, '2.25.6')];
    case 'commitment': return [normalized(NActionRequest, {
      TransactionUID: '2.25.9',
      ReferencedSOPSequence: words.map((uid) => ({ ReferencedSOPClassUID: secondaryCapture, ReferencedSOPInstanceUID: uid })),
    }, ...commitment, 1)];
    default: throw new Error(`no such action: ${action}`);
  }
}

function asScu([action, host, port, called, calling, ...words]) {
  const client = new Client();
  for (const request of requests(client, action, words)) {
    request.on('response', (response) => console.log(`status ${response.getStatus().toString(16)}`));
    client.addRequest(request);
  }
  client.on('networkError', (error) => console.log(`network error ${error.message || error}`));
  client.on('associationRejected', () => console.log('rejected'));
  client.on('closed', () => console.log('closed'));
  client.send(host, Number(port), calling, called, options);
}

const [role, ...words] = process.argv.slice(2);

function success(kind, request, dataset) {
  const response = kind.fromRequest(request);
  response.setStatus(Status.Success);
  if (dataset) response.setDataset(dataset);
  return response;
}

class Everything extends Scp {
  associationRequested(association) {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id);
      const known = [TransferSyntax.ExplicitVRLittleEndian, TransferSyntax.ImplicitVRLittleEndian];
      const syntax = known.find((one) => context.getTransferSyntaxUids().includes(one));
      if (syntax) context.setResult(PresentationContextResult.Accept, syntax);
      else context.setResult(PresentationContextResult.RejectTransferSyntaxesNotSupported);
    }
    this.calling = association.getCallingAeTitle();
    this.sendAssociationAccept();
  }
  cEchoRequest(request, callback) {
    callback(success(CEchoResponse, request));
  }
  cStoreRequest(request, callback) {
    keep(words[0], request.getDataset());
    callback(success(CStoreResponse, request));
  }
  cFindRequest(request, callback) {
    const asked = request.getDataset().getElements();
    const worklist = asked.QueryRetrieveLevel === undefined;
    const elements = worklist ? item() : { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: asked.StudyInstanceUID, PatientName: 'Synthetic^Interop' };
    const pending = CFindResponse.fromRequest(request);
    pending.setStatus(Status.Pending);
    pending.setDataset(new Dataset(elements));
    callback([pending, success(CFindResponse, request)]);
  }
  nCreateRequest(request, callback) {
    let answer = request.getDataset();
    if (request.getAffectedSopClassUid() === filmBox)
      answer = new Dataset({ ReferencedImageBoxSequence: [{ ReferencedSOPClassUID: imageBox, ReferencedSOPInstanceUID: '2.25.3' }] });
    const response = success(NCreateResponse, request, request.getAffectedSopClassUid() === mpps ? null : answer);
    // Who asks without a UID leaves it to the server to give one (PS3.7 10.1.5.1.4).
    if (!request.getAffectedSopInstanceUid()) response.setAffectedSopInstanceUid(Dataset.generateDerivedUid());
    callback(response);
  }
  nSetRequest(request, callback) {
    callback(success(NSetResponse, request));
  }
  nGetRequest(request, callback) {
    callback(success(NGetResponse, request, new Dataset({ PrinterStatus: 'NORMAL', PrinterStatusInfo: 'NORMAL' })));
  }
  nDeleteRequest(request, callback) {
    callback(success(NDeleteResponse, request));
  }
  nActionRequest(request, callback) {
    callback(success(NActionResponse, request));
    if (request.getRequestedSopClassUid() !== commitment[0]) return;
    const asked = request.getDataset().getElements();
    const references = [].concat(asked.ReferencedSOPSequence).map((one) => ({
      ReferencedSOPClassUID: one.ReferencedSOPClassUID, ReferencedSOPInstanceUID: one.ReferencedSOPInstanceUID }));
    const client = new Client();
    client.addRequest(normalized(NEventReportRequest, { TransactionUID: asked.TransactionUID, ReferencedSOPSequence: references },
      ...commitment, 1));
    client.on('networkError', () => {});
    client.send('127.0.0.1', Number(words[1]), 'DCMJS', this.calling, options);
  }
  nEventReportRequest(request, callback) {
    callback(success(NEventReportResponse, request));
    console.log('event report');
  }
  associationReleaseRequested() {
    this.sendAssociationReleaseResponse();
  }
}

if (role === 'scu') asScu(words);
else listen(Everything);
