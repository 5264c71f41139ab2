export interface Mutant {
  readonly number: number;
  readonly name: string;
  readonly line: number;
  readonly alone: string;
}

export function switched(
  source: string,
  first: number,
  switchPath: string,
): { readonly source: string; readonly mutants: readonly Mutant[] };
