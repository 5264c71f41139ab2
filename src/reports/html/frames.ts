/** Evidence frames that open to their headers and bytes. Each frame is shown once in the report; what cites it again points there. */
import type { CapturedFrame } from '../../capture/frame.ts';
import { formatMac, parseMac } from '../../decoders/address.ts';
import type { Diagnosis, EvidenceItem } from '../../diagnosis.ts';
import { since, startOf } from '../time.ts';
import { type DecodedFrame, decodeFrame, type Layer } from './frame-headers.ts';
import type { Rung } from './ladder-picture.ts';
import { html, type Markup } from './markup.ts';

/** For each capture, by its name in the diagnosis: cited frames by number. */
export type FramesByCapture = ReadonlyMap<string, ReadonlyMap<number, CapturedFrame>>;

/** Bytes of a frame that are shown: all headers, and enough of the payload to know it again. */
const MOST_BYTES = 256;
/** Frames that open, over the whole report; the capture has the rest. */
const MOST_OPENED = 160;

export class FramePlaces {
  readonly #diagnosis: Diagnosis;
  readonly #start: string | null;
  readonly #frames: FramesByCapture;
  readonly #decoded = new Map<string, DecodedFrame | null>();
  readonly #shown = new Map<string, string>();
  #opened = 0;

  constructor(diagnosis: Diagnosis, frames: FramesByCapture) {
    this.#diagnosis = diagnosis;
    this.#start = startOf(diagnosis);
    this.#frames = frames;
  }

  /** What the ladder draws of a frame, and where it opens: the place that `row` makes, or made. */
  rung(item: EvidenceItem): Rung {
    const decoded = this.#decode(item);
    return {
      item,
      anchor: this.#idOf(item),
      since: this.#since(item),
      line: decoded?.line || item.says,
      sourceMac: decoded?.sourceMac ?? knownMac(item.sourceMac),
      destinationMac: decoded?.destinationMac ?? knownMac(item.destinationMac),
    };
  }

  /** A line of evidence; the first one for a frame opens to its headers and bytes. */
  row(item: EvidenceItem): Markup {
    const { capture, frame } = item;
    const head = this.#head(item);
    const key = keyOf(item);
    const id = this.#idOf(item);
    if (this.#shown.has(key)) return html`<li class="again">${head} <a href="#${id}">shown above</a></li>`;
    this.#shown.set(key, id);
    const captured = this.#frames.get(capture)?.get(frame);
    const decoded = this.#decode(item);
    if (captured === undefined || decoded === null || this.#opened >= MOST_OPENED) return html`<li id="${id}" class="closed">${head}</li>`;
    this.#opened++;
    return html`<li><details><summary>${head}</summary><div class="opened" id="${id}">${headers(decoded, captured, item)}${dump(captured, decoded.layers)}</div></details></li>`;
  }

  /** A line of evidence that does not open. */
  closedRow(item: EvidenceItem): Markup {
    return html`<li class="closed">${this.#head(item)}</li>`;
  }

  #head(item: EvidenceItem): Markup {
    const { capture, frame, shows, says } = item;
    const several = this.#diagnosis.captures.length > 1;
    return html`<span class="frame">${frame}</span> <span class="since">${this.#since(item)} s</span> <span class="tag ${shows}">${shows}</span> <span class="says">${says}${several && html` <span class="capture">in ${capture}</span>`}</span>`;
  }

  /** Whether any frame opens. */
  get opens(): boolean {
    return this.#opened > 0;
  }

  #decode(item: EvidenceItem): DecodedFrame | null {
    const key = keyOf(item);
    const known = this.#decoded.get(key);
    if (known !== undefined) return known;
    const captured = this.#frames.get(item.capture)?.get(item.frame);
    const decoded = captured === undefined ? null : decodeFrame(captured);
    this.#decoded.set(key, decoded);
    return decoded;
  }

  #idOf({ capture, frame }: EvidenceItem): string {
    return `frame-${this.#diagnosis.captures.findIndex((other) => other.name === capture) + 1}-${frame}`;
  }

  /** From the first frame of all captures on: the frames of several stand in one order. */
  #since({ time }: EvidenceItem): string {
    return since(this.#start, time);
  }
}

function keyOf({ capture, frame }: EvidenceItem): string {
  return `${frame} ${capture}`;
}

/** A diagnosis may come from a file that anybody wrote: what is no MAC is none. */
function knownMac(text: string | null | undefined): string | null {
  const mac = text == null ? null : parseMac(text);
  return mac === null ? null : formatMac(mac);
}

function headers({ layers, trouble }: DecodedFrame, captured: CapturedFrame, { time }: EvidenceItem): Markup {
  const { bytes, wireLength } = captured;
  const size = `${wireLength} bytes on the wire${bytes.length < wireLength ? `, ${bytes.length} captured` : ''}`;
  return html`<table class="headers"><tbody><tr><th scope="row">Frame</th><td>${time}, ${size}</td></tr>${layers.map(
    ({ name, from, to, fields }, i) =>
      html`<tr><th scope="row"><span class="swatch l${i % 6}"></span>${name}<span class="range">${from}–${to - 1}</span></th><td>${fields.map(([label, value]) => html`<span class="field"><span class="label">${label}</span> ${value}</span> `)}</td></tr>`,
  )}</tbody></table>${trouble !== null && html`<p class="trouble">${trouble}</p>`}`;
}

/** The bytes as hexadecimal and text, sixteen a line, in the colours of their headers. */
function dump({ bytes }: CapturedFrame, layers: readonly Layer[]): Markup {
  const shown = bytes.subarray(0, MOST_BYTES);
  const lines: Markup[] = [];
  for (let at = 0; at < shown.length; at += 16) {
    const row = shown.subarray(at, at + 16);
    const text = Array.from(row, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    const pad = ' '.repeat(3 * (16 - row.length) + (row.length <= 8 ? 1 : 0));
    lines.push(
      html`<span class="offset">${at.toString(16).padStart(4, '0')}</span>  ${hexOf(row, at, layers)}${pad}  <span class="ascii">${text}</span>\n`,
    );
  }
  const more = bytes.length - shown.length;
  return html`<pre class="bytes" tabindex="0" aria-label="bytes">${lines}${more > 0 && html`<span class="offset">and ${more} bytes more in the capture</span>\n`}</pre>`;
}

function hexOf(row: Uint8Array, at: number, layers: readonly Layer[]): Markup[] {
  const layerAt = (offset: number) => layers.findIndex(({ from, to }) => offset >= from && offset < to);
  const runs: { layer: number; text: string }[] = [];
  for (const [i, byte] of row.entries()) {
    const layer = layerAt(at + i);
    const gap = i === 0 ? '' : i === 8 ? '  ' : ' ';
    const run = runs.at(-1);
    const hex = byte.toString(16).padStart(2, '0');
    if (run !== undefined && run.layer === layer) run.text += gap + hex;
    else {
      if (run !== undefined) run.text += gap;
      runs.push({ layer, text: hex });
    }
  }
  return runs.map(({ layer, text }) => (layer < 0 ? html`${text}` : html`<span class="l${layer % 6}">${text}</span>`));
}
