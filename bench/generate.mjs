/** Makes the captures that are measured: traffic of a mirror port or a flood, any size, the same bytes for the same options. */
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { CaptureFile } from './capture-file.mjs';
import { MirrorPort } from './mirror-port.mjs';
import { SynFlood } from './syn-flood.mjs';

/** Between these many steps, signals are heard. */
const STEPS = 50_000;
/** Longest Ethernet frame, for captures of full size. */
export const FULL_SIZE = 1514;

/**
 * Writes a capture.
 * @param {string} path a new file
 * @param {{ traffic?: 'mirror-port' | 'syn-flood', format?: 'pcap' | 'pcapng', packets: number, flows?: number, snapLength?: number, seed?: number }} options
 * `packets` is met to within three; `flows` is the number of different connections; `snapLength` is 96 unless given
 * @returns {Promise<{ path: string, packets: number, bytes: number }>} what was written
 */
export async function generateCapture(path, options) {
  const { traffic = 'mirror-port', format = 'pcap', packets, flows = 1000, snapLength = 96, seed = 1 } = options;
  const out = new CaptureFile(path, format, snapLength);
  try {
    const source = traffic === 'syn-flood' ? new SynFlood(out, { seed }) : new MirrorPort(out, { packets, flows, seed });
    while (out.packets < packets) {
      for (let i = 0; i < STEPS && out.packets < packets; i++) source.next();
      await setImmediate();
    }
  } finally {
    out.close();
  }
  return { path, packets: out.packets, bytes: out.written };
}

/**
 * Compresses a capture as `gzip` does.
 * @param {string} from
 * @param {string} path a new file
 * @returns {Promise<number>} bytes of the compressed file
 */
export async function gzipCapture(from, path) {
  await pipeline(createReadStream(from, { highWaterMark: 1 << 20 }), createGzip(), createWriteStream(path, { flags: 'wx' }));
  return statSync(path).size;
}
