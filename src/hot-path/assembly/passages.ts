/** Frames of each passage, and which one of its passages a sender uses. */
import {
  CHANGE_BYTES,
  CHANGE_LOG,
  CHANGES,
  CLOCK,
  CURRENT,
  FIRST_CHANGES,
  FRAME_NUMBER,
  LAST_CHANGES,
  PASSAGE_BYTES,
  PASSAGE_FIRST_AT,
  PASSAGE_FIRST_FRAME,
  PASSAGE_FRAMES,
  PASSAGE_LAST_AT,
  PASSAGE_LAST_FRAME,
  PASSAGE_MAX_TTL,
  PASSAGE_MIN_TTL,
  PASSAGES,
  SENDER_BYTES,
  SENDER_OF,
  USED,
  USUAL,
} from '../layout';

/** Counts the frame at hand on a passage. */
export function addToPassage(passage: i32, ttl: i32): void {
  const row: usize = PASSAGES + passage * PASSAGE_BYTES;
  store<f64>(row, load<f64>(row, PASSAGE_FRAMES) + 1, PASSAGE_FRAMES);
  store<f64>(row, load<f64>(FRAME_NUMBER), PASSAGE_LAST_FRAME);
  store<f64>(row, load<f64>(CLOCK), PASSAGE_LAST_AT);
  if (load<i32>(USUAL + (passage << 2)) !== (USED | ttl)) unusual(passage, row, ttl);
}

/** The first frame, another TTL, or a sender that used another passage until now. */
function unusual(passage: i32, row: usize, ttl: i32): void {
  if (load<f64>(row, PASSAGE_FRAMES) === 1) {
    store<f64>(row, load<f64>(FRAME_NUMBER), PASSAGE_FIRST_FRAME);
    store<f64>(row, load<f64>(CLOCK), PASSAGE_FIRST_AT);
    store<f64>(row, ttl, PASSAGE_MIN_TTL);
  }
  if (<f64>ttl < load<f64>(row, PASSAGE_MIN_TTL)) store<f64>(row, ttl, PASSAGE_MIN_TTL);
  if (<f64>ttl > load<f64>(row, PASSAGE_MAX_TTL)) store<f64>(row, ttl, PASSAGE_MAX_TTL);
  store<i32>(USUAL + (passage << 2), USED | ttl);
  const sender = load<i32>(SENDER_OF + (passage << 2)) - 1;
  if (sender >= 0 && load<i32>(CURRENT + (sender << 2)) !== passage) change(sender, passage);
}

function change(sender: i32, passage: i32): void {
  const current: usize = CURRENT + (sender << 2);
  const before = load<i32>(current);
  const usual: usize = USUAL + (before << 2);
  store<i32>(usual, load<i32>(usual) & ~USED);
  store<i32>(current, passage);
  const changes: usize = CHANGES + (sender << 2);
  const count = load<i32>(changes);
  store<i32>(changes, count + 1);
  const place = count < FIRST_CHANGES ? count : FIRST_CHANGES + ((count - FIRST_CHANGES) % LAST_CHANGES);
  const at: usize = CHANGE_LOG + sender * SENDER_BYTES + place * CHANGE_BYTES;
  store<f64>(at, load<f64>(FRAME_NUMBER));
  store<f64>(at, load<f64>(CLOCK), 8);
  store<f64>(at, before, 16);
  store<f64>(at, passage, 24);
}
