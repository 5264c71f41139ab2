/** Runs classic BPF programs as the kernel does (Documentation/networking/filter.rst), as far as capture filters need it. */
import type { Instruction } from '../../../src/capture/live/frame-filter.ts';

/** What the program returns for a frame: the bytes to keep. A load past the end gives 0. `ethertype` is what stands beside the frame. */
export function runProgram(program: readonly Instruction[], frame: Uint8Array, ethertype = 0): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const memory = new Uint32Array(16);
  let [a, x] = [0, 0];
  for (let pc = 0; pc < program.length; pc++) {
    const [code, jt, jf, k] = program[pc]!;
    const load = (offset: number, size: 1 | 2 | 4): number | null => {
      if (offset === 0xfffff000) return ethertype;
      if (offset + size > frame.length) return null;
      return size === 4 ? view.getUint32(offset) : size === 2 ? view.getUint16(offset) : view.getUint8(offset);
    };
    const sizes: Readonly<Record<number, 1 | 2 | 4>> = { 0: 4, 8: 2, 16: 1 };
    switch (code) {
      case 0x20:
      case 0x28:
      case 0x30:
      case 0x40:
      case 0x48:
      case 0x50: {
        const value = load((code & 0xe0) === 0x40 ? x + k : k, sizes[code & 0x18]!);
        if (value === null) return 0;
        a = value;
        break;
      }
      case 0x01:
        x = k;
        break;
      case 0x61:
        x = memory[k]!;
        break;
      case 0x03:
        memory[k] = x;
        break;
      case 0x02:
        memory[k] = a;
        break;
      case 0x54:
        a = (a & k) >>> 0;
        break;
      case 0x64:
        a = (a << k) >>> 0;
        break;
      case 0x0c:
        a = (a + x) >>> 0;
        break;
      case 0x07:
        x = a;
        break;
      case 0x05:
        pc += k;
        break;
      case 0x15:
        pc += a === k ? jt : jf;
        break;
      case 0x45:
        pc += (a & k) === 0 ? jf : jt;
        break;
      case 0x06:
        return k;
      default:
        throw new Error(`the machine has no instruction ${code.toString(16)}`);
    }
  }
  throw new Error('the program has no end');
}
