/**
 * A thread that ends its process when the tests asked for last take more of the processor than they may: a mutant that loops for ever
 * ends in no other way. It is the processor's time that counts, not the clock's: a machine may be busy with others, or a process be stopped.
 */
import { parentPort } from 'node:worker_threads';

let mayUseMs = Infinity;

parentPort.on('message', (limitMs) => {
  mayUseMs = usedMs() + limitMs;
});
setInterval(() => {
  if (usedMs() > mayUseMs) process.kill(process.pid, 'SIGKILL');
}, 100);

function usedMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
