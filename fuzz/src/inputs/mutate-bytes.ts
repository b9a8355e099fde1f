// Changes bytes without knowing what they mean, as a bad disk, a broken download or an attacker would.

import { joinPieces } from "@lowrank/safetensors";
import type { Random } from "./random.ts";

const bounds = [
  0n,
  1n,
  127n,
  255n,
  0x7fffn,
  0xffffn,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A copy with one to four changes. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  let changed: Uint8Array = new Uint8Array(bytes); // the slice of a Buffer would be no copy
  const changes = random.pick([1, 1, 2, 4]);
  for (let change = 0; change < changes; change += 1) changed = changeOnce(changed, random);
  return changed;
}

function changeOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(bytes.length + 1);
  const length = Math.min(bytes.length - at, random.pick([1, 2, 4, 8, 64, 1024]));
  const [before, middle, after] = [bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at + length)];
  switch (random.integer(7)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
      return bytes;
    case 1:
      if (at < bytes.length) bytes[at] = random.pick([0, 0x0a, 0x20, 0x22, 0x7f, 0x80, 0xff]);
      return bytes;
    case 2:
      return random.chance(0.3) ? before : joinPieces([before, after]);
    case 3:
      return joinPieces([before, middle, middle, after]);
    case 4:
      return joinPieces([before, random.bytes(random.pick([1, 4, 8])), middle, after]);
    case 5:
      return joinPieces([before, middle.fill(0), after]);
    default:
      overwrite(bytes, at, random.pick(bounds));
      return bytes;
  }
}

/** Puts a limit of some integer type where a length or an offset may stand. */
function overwrite(bytes: Uint8Array, at: number, value: bigint): void {
  const number = new DataView(new ArrayBuffer(8));
  number.setBigUint64(0, value, true);
  const size = Math.min(8, Math.max(0, bytes.length - at));
  bytes.set(new Uint8Array(number.buffer, 0, size), at);
}
