/** All that can be fuzzed. */
import type { Target } from '../target.ts';
import { clusterFiles } from './cluster-files.ts';
import { decoders } from './decoders.ts';
import { wholeWay } from './diagnose.ts';
import { readers } from './readers.ts';

export const TARGETS: readonly Target[] = [readers, decoders, clusterFiles, wholeWay];
