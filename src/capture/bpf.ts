/**
 * Classic BPF over frames of a capture, as `tcpdump -ddd` compiles it: McCanne and Jacobson, "The BSD Packet Filter", 1993; opcodes as in
 * linux/bpf_common.h. A load past what was captured ends the program, and the frame is not chosen, as libpcap does.
 */
import type { Frame } from './frame.ts';
import type { Instruction } from './live/frame-filter.ts';

/** Words of scratch memory (BPF_MEMWORDS). */
const MEMORY = 16;
/** Programs only jump forward, so this many instructions are never run; a damaged one ends all the same. */
const MOST_STEPS = 65_536;

/** Whether a program chooses a frame. */
export function chooses(program: readonly Instruction[], frame: Frame): boolean {
  const { view, start, end } = frame;
  const length = end - start;
  const memory = new Uint32Array(MEMORY);
  let a = 0;
  let x = 0;
  /** Bytes at an offset as an unsigned integer; -1 past what was captured. */
  const load = (offset: number, bytes: number): number => {
    if (offset < 0 || offset + bytes > length) return -1;
    return bytes === 4 ? view.getUint32(start + offset) : bytes === 2 ? view.getUint16(start + offset) : view.getUint8(start + offset);
  };
  for (let at = 0, steps = 0; at < program.length && steps < MOST_STEPS; at++, steps++) {
    const [code, jt, jf, k] = program[at]!;
    const operand = (code & 0x08) !== 0 ? x : k;
    switch (code & 0x07) {
      case 0x00: {
        // ld: by mode immediate, absolute, indirect, memory, length
        const mode = code & 0xe0;
        const bytes = (code & 0x18) === 0x00 ? 4 : (code & 0x18) === 0x08 ? 2 : 1;
        if (mode === 0x00) a = k;
        else if (mode === 0x60) a = memory[k & (MEMORY - 1)]!;
        else if (mode === 0x80) a = frame.wireLength;
        else {
          const value = load(mode === 0x40 ? (x + k) >>> 0 : k, bytes);
          if (value < 0) return false;
          a = value;
        }
        break;
      }
      case 0x01: {
        // ldx, and 4 × the header length of IPv4 (msh)
        const mode = code & 0xe0;
        if (mode === 0x00) x = k;
        else if (mode === 0x60) x = memory[k & (MEMORY - 1)]!;
        else if (mode === 0x80) x = frame.wireLength;
        else {
          const value = load(k, 1);
          if (value < 0) return false;
          x = (value & 0x0f) << 2;
        }
        break;
      }
      case 0x02:
        memory[k & (MEMORY - 1)] = a;
        break;
      case 0x03:
        memory[k & (MEMORY - 1)] = x;
        break;
      case 0x04: {
        const result = arithmetic(code & 0xf0, a, operand);
        if (result === null) return false;
        a = result;
        break;
      }
      case 0x05:
        if ((code & 0xf0) === 0x00) at += k;
        else at += holds(code & 0xf0, a, operand) ? jt : jf;
        break;
      case 0x06:
        return ((code & 0x18) === 0x10 ? a : k) !== 0;
      default:
        if ((code & 0xf8) === 0x00) x = a;
        else a = x;
    }
  }
  return false;
}

/** A op operand in 32 bits without sign; null for a division by zero, which ends the program. */
function arithmetic(operation: number, a: number, operand: number): number | null {
  switch (operation) {
    case 0x00:
      return (a + operand) >>> 0;
    case 0x10:
      return (a - operand) >>> 0;
    case 0x20:
      return Math.imul(a, operand) >>> 0;
    case 0x30:
      return operand === 0 ? null : Math.floor(a / operand);
    case 0x40:
      return (a | operand) >>> 0;
    case 0x50:
      return (a & operand) >>> 0;
    case 0x60:
      return operand > 31 ? 0 : (a << operand) >>> 0;
    case 0x70:
      return operand > 31 ? 0 : a >>> operand;
    case 0x80:
      return -a >>> 0;
    case 0x90:
      return operand === 0 ? null : a % operand;
    default:
      return (a ^ operand) >>> 0;
  }
}

function holds(operation: number, a: number, operand: number): boolean {
  if (operation === 0x10) return a === operand >>> 0;
  if (operation === 0x20) return a > operand >>> 0;
  if (operation === 0x30) return a >= operand >>> 0;
  return (a & operand) !== 0;
}
