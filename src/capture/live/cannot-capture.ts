/** Why one backend cannot be used here, so that another may be tried; what the user gave wrong is a UsageError instead. */
export class CannotCapture extends Error {
  /** A command or a sentence that helps. */
  readonly help: string;
  /** Whether the only thing missing is the right to capture. */
  readonly isPermission: boolean;

  /** `reason` is a clause without a full stop, such as "the package koffi is not installed". */
  constructor(reason: string, help: string, isPermission = false) {
    super(reason);
    this.help = help;
    this.isPermission = isPermission;
  }
}

/** Linux lets only root, or programs with the capability CAP_NET_RAW, capture. @param program the file that captures, as a shell word */
export function notPermitted(program: string): CannotCapture {
  return new CannotCapture('this user may not capture', `run with sudo, or once: sudo setcap cap_net_raw+ep ${program}`, true);
}
