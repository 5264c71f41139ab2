/** Words of the key under which others' numbers are hashed: see src/correlation/hash.ts. */
export let key0: i32 = 0;
export let key1: i32 = 0;
export let key2: i32 = 0;
export let key3: i32 = 0;

export function useKey(word0: i32, word1: i32, word2: i32, word3: i32): void {
  key0 = word0;
  key1 = word1;
  key2 = word2;
  key3 = word3;
}
