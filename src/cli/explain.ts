/** `lvs-doctor explain [rule|code]` */
import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { packageFile } from '../package-file.ts';

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .summary("a rule's page; without a name, the list of rules")
    .description(
      'Prints the page of a rule: what it sees, what it spares, how to mend the fault. Without a name, it lists all rules and notices.',
    )
    .argument('[rule]', 'name or code, such as rs-answers-arp or LVS101')
    .option('--no-color', 'no colour (NO_COLOR=1 does the same)')
    .option('-v, --verbose', 'the stack of an internal error')
    .action(run);
}

async function run(called: string | undefined, options: { readonly color: boolean }): Promise<void> {
  const { RULES } = await import('../rules/index.ts');
  const { NOTICES } = await import('../rules/notices.ts');
  const { terminalFor } = await import('./terminal.ts');
  const { writeOutput } = await import('./write-output.ts');
  const { color, width } = terminalFor(undefined, options.color);
  const page = { color, width: Math.min(width, 100) };
  if (called === undefined) {
    const { renderRuleList } = await import('../reports/rule-list.ts');
    return writeOutput(renderRuleList(RULES, NOTICES, page), undefined);
  }
  const { findRule } = await import('./rule-filter.ts');
  const rule = findRule(called, [...RULES, ...NOTICES]);
  const { renderPage } = await import('../reports/page.ts');
  const markdown = pageOf(rule.name) ?? noticeIn(pageOf('notices') ?? '', rule) ?? `# ${rule.code} ${rule.name}\n\n${rule.summary}\n`;
  await writeOutput(renderPage(markdown, page), undefined);
}

function pageOf(name: string): string | null {
  const file = packageFile(`docs/rules/${name}.md`);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

/** The section of one notice: all notices share a page. */
function noticeIn(page: string, notice: { readonly code: string; readonly name: string }): string | null {
  const heading = `## ${notice.code} ${notice.name}\n`;
  return page.split(/^(?=## )/m).find((section) => section.startsWith(heading)) ?? null;
}
