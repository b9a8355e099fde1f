import { describe, expect, it } from "vitest";
import { BufferPool } from "./buffer-pool.ts";

describe("BufferPool", () => {
  it("reuses memory for an array that is a little shorter", () => {
    const pool = new BufferPool();
    const first = pool.take(1000);
    pool.give(first);
    const second = pool.take(700);
    expect(second.length).toBe(700);
    expect(second.buffer).toBe(first.buffer);
  });

  it("uses the smallest piece that is large enough, and none that is far too large", () => {
    const pool = new BufferPool();
    const [small, large, keepsTheLimit] = [pool.take(1024), pool.take(4096), pool.take(100_000)];
    pool.give(large);
    pool.give(small);
    expect(pool.take(1000).buffer).toBe(small.buffer);
    expect(pool.take(1000).buffer).not.toBe(large.buffer);
    expect(pool.holds(keepsTheLimit)).toBe(true);
  });

  it("accepts an array that it gave out, once, and no other view of it", () => {
    const pool = new BufferPool();
    const first = pool.take(1000);
    pool.give(first.subarray(0, 500));
    expect(pool.bytes).toBe(0);
    pool.give(first);
    const again = pool.take(900);
    pool.give(first); // its memory is another array's by now
    expect(pool.bytes).toBe(0);
    expect(pool.holds(again)).toBe(true);
    expect(pool.holds(first)).toBe(false);
  });

  it("never recycles an array that escaped", () => {
    const pool = new BufferPool();
    const first = pool.take(1000);
    pool.escape(first.subarray(0, 10));
    pool.give(first);
    expect(pool.take(1000).buffer).not.toBe(first.buffer);
  });

  it("keeps a tenth more than was in use at once, and frees unused sizes", () => {
    const pool = new BufferPool();
    for (let round = 0; round < 20; round++) {
      const taken = [pool.take(1000 * (round + 1)), pool.take(500 * (round + 1))];
      for (const values of taken) pool.give(values);
    }
    expect(pool.bytes).toBeLessThanOrEqual(1.1 * 1.125 * 4 * 30_000);

    const other = new BufferPool();
    const inUse = (count: number, length: number) => Array.from({ length: count }, () => other.take(length));
    for (const values of inUse(10, 1024)) other.give(values);
    for (const values of inUse(3, 3072)) other.give(values); // too long for what waits
    expect(other.bytes).toBeLessThanOrEqual(1.1 * 4 * 10 * 1024);
  });

  it("allocates few sizes, at most an eighth larger than needed", () => {
    const pool = new BufferPool();
    for (const length of [64, 65, 1000, 1025, 123_457]) {
      expect(pool.take(length).buffer.byteLength / 4 / length).toBeLessThanOrEqual(1.125);
    }
  });
});
