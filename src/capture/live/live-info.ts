/** The account of a live source while it is being written. */
import type { OpenCaptureInfo } from '../record-reader.ts';

/** @param linkType LINKTYPE_ value of the frames; null when it is told later */
export function liveInfo(name: string, linkType: number | null, snapLength: number): OpenCaptureInfo {
  return {
    name,
    format: 'live',
    compression: null,
    linkTypes: linkType === null ? [] : [linkType],
    snapLength,
    frames: 0,
    skippedFrames: 0,
    bytes: 0,
    storedBytes: null,
    storedBytesRead: 0,
    cutOff: false,
    damage: null,
    dropped: null,
  };
}
