// A server that the official clients reach as they reach the hosted service: by name, over TLS, with a private CA.
'use strict';
const { spawn } = require('node:child_process');
const net = require('node:net');
const path = require('node:path');
const { Server } = require('../api/lib/server');

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A server whose tenant is localhost:PORT, which is also where it answers. */
async function startByName(flags = []) {
  const port = await freePort();
  const server = await Server.start({ flags: ['--domain', `localhost:${port}`, '--tls-listen', `localhost:${port}`, ...flags] });
  server.domain = `localhost:${port}`;
  server.caFile = path.join(server.data, 'tls/ca.pem');
  return server;
}

/** Runs a story of stories/ in a Node of its own; answers the JSON that it prints. */
function tell(server, story, input = {}) {
  const given = { domain: server.domain, management: server.credentials.management, global: server.credentials.global_client, ...input };
  const child = spawn(process.execPath, [path.join(__dirname, 'stories', story)], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: server.caFile, NODE_NO_WARNINGS: '1', STORY: JSON.stringify(given) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let out = '', err = '';
    const late = setTimeout(() => child.kill('SIGKILL'), 60000);
    child.stdout.on('data', (d) => { out += d; });
    child.stderr.on('data', (d) => { err += d; });
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      if (code !== 0) reject(new Error(`${story} ended with ${code ?? signal}:\n${err}\n${out}`));
      else resolve(JSON.parse(out));
    });
  });
}

module.exports = { startByName, tell };
