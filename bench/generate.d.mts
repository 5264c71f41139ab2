/** What the generator takes and gives, for TypeScript; explained in generate.mjs. */
export declare const FULL_SIZE: number;

export interface CaptureOptions {
  readonly traffic?: 'mirror-port' | 'syn-flood';
  readonly format?: 'pcap' | 'pcapng';
  readonly packets: number;
  readonly flows?: number;
  readonly snapLength?: number;
  readonly seed?: number;
}

export declare function generateCapture(path: string, options: CaptureOptions): Promise<{ path: string; packets: number; bytes: number }>;
export declare function gzipCapture(from: string, path: string): Promise<number>;
