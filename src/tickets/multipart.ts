/** A body of multipart/form-data with one file (RFC 7578), whole in memory, so that its size is known and it can be sent again. */
import type { FileToAttach } from './ticket-system.ts';

/** @param id part of the boundary; random enough that no line of the file is the boundary, as the file was made before it. */
export function multipart(
  field: string,
  { name, type, bytes }: FileToAttach,
  id: string,
): { readonly type: string; readonly body: Uint8Array } {
  const boundary = `lvs-doctor-${id}-${bytes.length}`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`;
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}
