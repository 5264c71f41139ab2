/** To which services SYNs begin flows that have a root already: see PathTrie.rootOf in src/correlation/paths.ts. Direct-mapped. */
import { SERVICE_BYTES, SERVICE_ROWS, SERVICES } from '../layout';
import { finish } from './hash';

function rowOf(ip: i32, port: i32): usize {
  return SERVICES + (finish(ip ^ (port << 16)) & (SERVICE_ROWS - 1)) * SERVICE_BYTES;
}

function isAt(row: usize, ip: i32, port: i32): bool {
  return load<i32>(row) === ip && load<i32>(row, 4) === port + 1;
}

/** Notes the root of flows that begin with a first SYN, or of those that use a 5-tuple again. */
export function putService(ip: i32, port: i32, isReuse: bool, root: i32): void {
  const row = rowOf(ip, port);
  if (!isAt(row, ip, port)) store<i64>(row, 0, 8);
  store<i32>(row, ip);
  store<i32>(row, port + 1, 4);
  store<i32>(row + ((<usize>isReuse) << 2), root, 8);
}

/** Its root; 0 when that is not known. */
export function serviceRoot(ip: i32, port: i32, isReuse: bool): i32 {
  const row = rowOf(ip, port);
  return isAt(row, ip, port) ? load<i32>(row + ((<usize>isReuse) << 2), 8) : 0;
}

/** From now on flows begin otherwise. */
export function forgetServices(): void {
  memory.fill(SERVICES, 0, SERVICE_ROWS * SERVICE_BYTES);
}
