// Sizes that vary between calls of a graph. A recording sees one call, so each of them is a prime that no size of the model is a
// multiple of: the factors of any size then show how to compute it.

/** A size that varies, or is counted together from others that do. */
export interface VaryingSize {
  readonly name: string;
  readonly value: number;
  /** Names of two sizes whose difference it is, for a size that is needed before an input has it. */
  readonly difference?: readonly [from: string, less: string];
}

/** A product: a constant and names of sizes that vary. */
export interface SizeProduct {
  readonly constant: number;
  readonly names: readonly string[];
}

/** The product that a size is. */
export function factorsOf(size: number, varying: readonly VaryingSize[]): SizeProduct {
  const names: string[] = [];
  let constant = size;
  for (const { name, value } of varying) {
    const isWhole = isPrime(value);
    while (constant !== 0 && (isWhole ? constant % value === 0 : constant === value)) {
      names.push(name);
      constant /= value;
    }
  }
  return { constant, names };
}

/** Primes from 101 on that divide none of these sizes. */
export function freePrimes(count: number, sizes: Iterable<number>): readonly number[] {
  const others = [...sizes];
  const free: number[] = [];
  for (let candidate = 101; free.length < count; candidate += 2) {
    if (isPrime(candidate) && others.every((size) => size % candidate !== 0)) free.push(candidate);
  }
  return free;
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false;
  return value > 1;
}

/** A size in words: "2·batch_size". */
export function sizeText(size: number, varying: readonly VaryingSize[]): string {
  const { constant, names } = factorsOf(size, varying);
  return [...(constant === 1 && names.length > 0 ? [] : [constant]), ...names].join("·");
}
