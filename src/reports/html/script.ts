/** What the report can do with JavaScript: filter findings, open and close all frames, copy commands. Without it everything is there to read. */
import { constant } from './markup.ts';

export const SCRIPT = constant`
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const tools = document.getElementById('tools');
  const stories = all('.story');
  const frames = all('.evidence details');
  if (tools) {
    const text = document.getElementById('filter');
    const severity = document.getElementById('severity');
    const shown = document.getElementById('shown');
    const filter = () => {
      const wanted = text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const story of stories) {
        const words = story.textContent.toLowerCase();
        const fits = wanted.every((word) => words.includes(word)) && (severity.value === '' || story.classList.contains(severity.value));
        story.hidden = !fits;
        if (fits) count++;
      }
      shown.textContent = wanted.length === 0 && severity.value === '' ? '' : count + ' of ' + stories.length + ' shown';
    };
    text.addEventListener('input', filter);
    severity.addEventListener('change', filter);
    document.addEventListener('keydown', (event) => {
      if (event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
        event.preventDefault();
        text.focus();
      } else if (event.key === 'Escape' && event.target === text) {
        text.value = '';
        filter();
      }
    });
    const toggle = document.getElementById('toggle');
    const isOpen = () => frames.some((frame) => frame.open);
    const name = () => { toggle.textContent = isOpen() ? 'Close all frames' : 'Open all frames'; };
    if (frames.length === 0) toggle.hidden = true;
    toggle.addEventListener('click', () => {
      const open = !isOpen();
      for (const frame of frames) frame.open = open;
      name();
    });
    for (const frame of frames) frame.addEventListener('toggle', name);
    tools.hidden = false;
  }
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    const frame = target && target.closest('details');
    if (!frame) return;
    frame.open = true;
    frame.scrollIntoView({ block: 'center' });
  };
  addEventListener('hashchange', reveal);
  reveal();
  const copied = async (pre, button) => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(pre);
      button.textContent = document.execCommand('copy') ? 'Copied' : 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1600);
  };
  for (const command of all('.command')) {
    const pre = command.querySelector('pre');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.setAttribute('aria-label', 'Copy the commands ' + (command.dataset.of || ''));
    button.addEventListener('click', () => copied(pre, button));
    command.append(button);
    command.classList.add('copies');
  }
})();
`;
