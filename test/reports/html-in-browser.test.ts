/** The HTML report in Chromium without a window: nothing is asked of the network, everything is there without JavaScript, and with it what it adds works. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { renderHtml } from '../../src/reports/html.ts';
import { CHROMIUM, launchChromium } from '../support/chromium.ts';
import { htmlReport } from '../support/html-report.ts';
import { HOSTILE_TEXTS, hostileDiagnosis } from './hostile.ts';

if (CHROMIUM === undefined)
  console.log('The HTML report is not opened in a browser: no Chromium is here; install it, or name it in CHROMIUM.');

describe.skipIf(CHROMIUM === undefined)('in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lvs-doctor-html-'));
  const mixed = join(folder, 'mixed.html');
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    writeFileSync(mixed, (await htmlReport('mixed')).page);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a file, and tells everything that the page asked for or complained of. */
  async function open(
    file: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; requests: string[]; complaints: string[] }> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(pathToFileURL(file).href, { waitUntil: 'load' });
    return { page, requests, complaints };
  }

  test.each(['mixed', 'reply-wrong-source-tcp', 'healthy-t1', 'ipv6-rs-answers-nd', 'director-not-forwarding-empty'])(
    '%s: it asks for nothing, and nothing goes wrong',
    async (name) => {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, (await htmlReport(name)).page);
      const { page, requests, complaints } = await open(file);
      await page.locator('footer').waitFor();
      expect(requests.filter((url) => url !== pathToFileURL(file).href && url !== 'data:,')).toEqual([]);
      expect(complaints).toEqual([]);
    },
  );

  test('without JavaScript everything is there, and nothing that needs it', async () => {
    const { page } = await open(mixed, { javaScriptEnabled: false });
    expect(await page.locator('button:visible, input:visible, select:visible').count()).toBe(0);
    expect(await page.locator('.story').count()).toBe(4);
    await page.locator('.evidence summary').first().click();
    const bytes = page.locator('.evidence .bytes').first();
    expect(await bytes.isVisible()).toBe(true);
    expect(await bytes.textContent()).toContain('0000  ff ff ff ff ff ff 00 16');
    const { page: scripted } = await open(mixed);
    const words = (of: Page) => of.locator('main').evaluate((main) => main.textContent?.replace(/\s+/g, ' '));
    expect((await words(scripted))?.replaceAll('Copy', '')).toBe(await words(page));
  });

  test('findings are filtered by words and severity, from the keyboard too', async () => {
    const { page } = await open(mixed);
    const shown = () => page.locator('.story:visible h3').allTextContents();
    await page.keyboard.press('/');
    await page.keyboard.type('bypassed 203.0.113.10');
    expect((await shown()).map((title) => title.split(' ')[1])).toEqual(['gateway-arp-flip', 'director-bypassed']);
    expect(await page.locator('#shown').textContent()).toBe('2 of 4 shown');
    await page.keyboard.press('Escape');
    expect(await shown()).toHaveLength(4);
    await page.locator('#severity').selectOption('info');
    expect(await shown()).toHaveLength(0);
  });

  test('the frames open and close with the keyboard, and all at once', async () => {
    const { page } = await open(mixed);
    const opened = () => page.locator('.evidence details[open]').count();
    await page.locator('.evidence summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await opened()).toBe(1);
    const toggle = page.locator('#toggle');
    await expect.poll(() => toggle.textContent()).toBe('Close all frames');
    await toggle.press('Enter');
    expect(await opened()).toBe(0);
    await toggle.press('Enter');
    expect(await opened()).toBe(await page.locator('.evidence details').count());
  });

  test('an arrow of the ladder opens its frame', async () => {
    const { page } = await open(mixed);
    await page.locator('a[href="#frame-1-78"]').first().focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#frame-1-78').isVisible()).toBe(true);
    await expect.poll(() => page.locator('.evidence details[open] .frame').first().textContent()).toBe('78');
  });

  test('commands are copied as they stand', async () => {
    const { page } = await open(mixed, { permissions: ['clipboard-read', 'clipboard-write'] });
    const block = page.locator('.command').first();
    await block.locator('button').click();
    await expect.poll(() => block.locator('button').textContent()).toBe('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await block.locator('pre').textContent());
  });

  test.each([
    ['light', 1100],
    ['dark', 1100],
    ['light', 360],
  ] as const)('in %s colours, %i pixels wide: words stand out, and nothing sticks out of the page', async (colorScheme, width) => {
    const { page } = await open(mixed, { colorScheme, viewport: { width, height: 800 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await page.evaluate(CONTRASTS)).toEqual([]);
  });

  test('text in the pictures stays in the pictures', async () => {
    for (const name of ['mixed', 'split-brain', 'ipv6-rs-answers-nd', 'heavy', 'reply-via-director', 'ping-t2-puzzle']) {
      const file = join(folder, `${name}.html`);
      writeFileSync(file, (await htmlReport(name)).page);
      const { page } = await open(file);
      expect(await page.evaluate(STICKING_OUT), name).toEqual([]);
    }
  });

  test('it prints: the paper is white, and what needs a hand is not on it', async () => {
    const { page } = await open(mixed, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator('button:visible, input:visible, nav:visible').count()).toBe(0);
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  });

  // html.test.ts shows for each of the hostile texts that it makes no markup; these are what a browser might obey nevertheless.
  test.each(['script', 'an image with a handler', 'a link to code', 'an entity that hides an override', 'ten megabytes of words'] as const)(
    'foreign text with %s does nothing',
    async (kind) => {
      const text = HOSTILE_TEXTS[kind];
      const file = join(folder, 'hostile.html');
      writeFileSync(file, await renderHtml(hostileDiagnosis(text)));
      const { page, requests, complaints } = await open(file);
      page.on('dialog', () => complaints.push('a dialog'));
      for (const summary of await page.locator('summary').all()) await summary.click();
      expect(requests.filter((url) => url !== pathToFileURL(file).href && url !== 'data:,')).toEqual([]);
      expect(complaints).toEqual([]);
      expect(await page.locator('main script, main img, main iframe, main a:not([href^="#"])').count()).toBe(0);
      expect(await page.locator('section > h2').count()).toBeGreaterThan(5);
    },
  );
});

/** Words with less contrast to what is behind them than WCAG 2 asks for (AA: 4.5, large ones 3). */
const CONTRASTS = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return { r, g, b, a }; };
  const light = ({ r, g, b }) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c.a === 255) return c; } return { r: 255, g: 255, b: 255 }; };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || ['SCRIPT', 'STYLE', 'TITLE', 'title', 'OPTION'].includes(element.tagName) || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const isPicture = element.closest('svg') !== null;
    if (isPicture && element.classList.contains('inbar')) continue;
    const [a, b] = [light(rgba(isPicture ? style.fill : style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= 18.6 ? 3 : 4.5)) found.add(ratio.toFixed(2) + ' ' + element.className.baseVal + element.className + ': ' + node.data.trim().slice(0, 30));
  }
  return [...found];
})()`;

/** Words of pictures that reach beyond their picture, or words of a machine beyond its box. */
const STICKING_OUT = `Array.from(document.querySelectorAll('.picture svg')).flatMap((svg) => {
  const around = svg.getBoundingClientRect();
  const out = (text, box) => { const r = text.getBoundingClientRect(); return r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1; };
  return Array.from(svg.querySelectorAll('text')).filter((text) => {
    const box = text.closest('.machine')?.querySelector('rect').getBoundingClientRect();
    return out(text, around) || (box !== undefined && out(text, box));
  }).map((text) => text.textContent);
})`;
