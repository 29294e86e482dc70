// One process, or WORKERS of them behind one port.
import cluster from 'node:cluster';

export function serve(make) {
  const workers = Number(process.env.WORKERS ?? 1);
  if (workers > 1 && cluster.isPrimary) {
    let listening = 0;
    cluster.on('listening', (worker, address) => {
      if (++listening === workers) console.log(address.port);
    });
    for (let i = 0; i < workers; i++) cluster.fork();
    return;
  }
  const server = make();
  server.listen(0, '127.0.0.1', () => cluster.isPrimary && console.log(server.address().port));
}
