// The least that Node's http can do for an answer: node bare.mjs FILE serves its
// bytes to every request, as JSON. Prints its port. WORKERS: processes (default 1).
import fs from 'node:fs';
import http from 'node:http';
import { serve } from './serve.mjs';

serve(() => {
  const body = fs.readFileSync(process.argv[2]);
  return http.createServer((rq, rs) => {
    rs.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': body.length });
    rs.end(body);
  });
});
