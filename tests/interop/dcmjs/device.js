// dcmjs-dimse as a device: listens on a port of the loopback, which it prints, for lines "ACTION HOST PORT CALLED
// CALLING" and does what they say as SCU; one line comes back when the association is over. FILE is what it stores.
'use strict';

const net = require('net');
const dimse = require('dcmjs-dimse');

const { CEchoRequest, CFindRequest, CStoreRequest } = dimse.requests;
const limit = 5000; // milliseconds, for connecting, associating and each PDU
const file = process.argv[2];

dimse.log.setLevel('silent');
// What a peer sends must not end this process; that it was not caught is said all the same.
let uncaught = '';
process.on('uncaughtException', (error) => { uncaught = `uncaught ${error}`; });

function request(action) {
  if (action === 'echo') return new CEchoRequest();
  if (action === 'find') return CFindRequest.createStudyFindRequest({ PatientName: '', StudyInstanceUID: '' });
  if (action === 'store') return new CStoreRequest(file);
  return null;
}

function act(words, done) {
  const [action, host, port, called, calling] = words;
  const wanted = request(action);
  if (wanted === null) {
    done(`no such action: ${action}`);
    return;
  }
  const events = [];
  const client = new dimse.Client();
  wanted.on('response', (response) => events.push(`status ${response.getStatus()}`));
  client.addRequest(wanted);
  client.on('associationRejected', () => events.push('rejected'));
  client.on('networkError', (error) => events.push(`network error ${error.message || error}`));
  client.on('closed', () => done(events.join(', ') || 'closed'));
  client.send(host, Number(port), calling, called,
    { connectTimeout: limit, associationTimeout: limit, pduTimeout: limit, associationLingerTimeout: 0 });
}

const server = net.createServer((socket) => {
  let line = '';
  socket.setEncoding('utf8');
  socket.on('error', () => {});
  socket.on('data', (text) => {
    line += text;
    if (!line.includes('\n')) return;
    socket.pause();
    let told = false;
    const tell = (what) => {
      if (told) return;
      told = true;
      socket.end(`${what} ${uncaught}\n`);
      uncaught = '';
    };
    // Some endings are told to nobody.
    setTimeout(() => tell('did not end'), 8 * limit).unref();
    act(line.trim().split(' '), tell);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
