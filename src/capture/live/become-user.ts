/** Gives up the privileges of root for good: capturing needs them to begin with, reading what strangers send does not. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { UsageError } from '../../usage-error.ts';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The user to become, checked before anything is opened. @throws UsageError when there is no such user, it is root, or we are not */
export function findUser(name: string): SystemUser {
  if (process.getuid === undefined)
    throw new UsageError(`--user ${name} was given, but this system has no users that a process could become; leave it out.`);
  const [uid, gid] = [numberOf('-u', name), numberOf('-g', name)];
  if (uid === null || gid === null) {
    throw new UsageError(`there is no user '${name}' on this machine; the name of one was expected: useradd --system ${name} creates it.`);
  }
  if (uid === 0) throw new UsageError(`--user ${name} is root; a user without privileges was expected, such as nobody.`);
  if (process.geteuid?.() !== 0) {
    throw new UsageError(
      `--user ${name} needs root to begin with, and this process belongs to user ${process.geteuid?.()}: run with sudo, or leave --user out.`,
    );
  }
  return { name, uid, gid };
}

/** Missing in the types of Node. */
const { initgroups } = process as unknown as { initgroups(user: string, group: number): void };

/** Becomes the user, in all threads, with their groups and without any capability. Throws Error if the way back were open. */
export function becomeUser({ name, uid, gid }: SystemUser): void {
  initgroups(name, gid);
  process.setgid!(gid);
  process.setuid!(uid);
  const isBack = [() => process.setuid!(0), () => process.setgid!(0), () => process.seteuid!(0)].some(succeeds);
  if (isBack || process.getuid!() !== uid || process.geteuid!() !== uid || hasCapabilities()) {
    throw new Error(`the privileges of root could not be given up for those of ${name}`);
  }
}

function numberOf(option: '-u' | '-g', name: string): number | null {
  const { status, stdout } = spawnSync('id', [option, '--', name], { encoding: 'utf8' });
  return status === 0 && /^\d+\n$/.test(stdout) ? Number(stdout) : null;
}

function succeeds(attempt: () => void): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

/** Linux: permitted or effective capabilities (capabilities(7)). */
function hasCapabilities(): boolean {
  if (process.platform !== 'linux') return false;
  const status = readFileSync('/proc/self/status', 'utf8');
  return [...status.matchAll(/^Cap(?:Prm|Eff|Amb):\s*([0-9a-f]+)$/gm)].some((match) => /[^0]/.test(match[1]!));
}
