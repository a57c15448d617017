// How an SCP of dcmjs-dimse listens on a free port, which it prints, or on the one that LISTEN_PORT says.
'use strict';

const net = require('net');
const { Server } = require('dcmjs-dimse');

function listen(Scp) {
  // The library wants a port of its choice: one that was free a moment ago.
  const probe = net.createServer();
  probe.listen(Number(process.env.LISTEN_PORT || 0), '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => {
      const server = new Server(Scp);
      server.on('networkError', () => {});
      server.listen(port, { host: '127.0.0.1' });
      console.log(`listening on ${port}`);
    });
  });
}

module.exports = { listen };
