/** Markdown as GitHub renders it (CommonMark with tables, links without brackets, strikethrough), with all that is dangerous let through. */
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

export function html(markdown: string): string {
  return micromark(markdown, {
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
}

/** Every tag of it, with its attributes, once. */
export function tagsOf(rendered: string): string[] {
  return [...new Set(Array.from(rendered.matchAll(/<[^/>][^>]*>/g), ([tag]) => tag))].sort();
}

/** What a person reads, with single spaces. */
export function textOf(rendered: string): string {
  const text = rendered.replace(/<[^>]*>/g, '');
  const entities: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&amp;': '&' };
  return text
    .replace(/&(lt|gt|quot|amp);/g, (entity) => entities[entity] ?? '')
    .replace(/ +/g, ' ')
    .trim();
}

/** Without what stands in code, which mentions, references, links and pictures leave alone. */
export function withoutCode(rendered: string): string {
  return rendered.replace(/<(code|pre)\b[^>]*>.*?<\/\1>/gs, '');
}
