// A reader that is wrong in every way that the watchdog has to notice; its tests run it.

import { LowrankError } from "@lowrank/contracts";
import { demand, type Target } from "../target.ts";

const faults: Readonly<Record<string, () => void>> = {
  "accepts well": () => {},
  "refuses well": () => refuse("It is no file."),
  "throws a TypeError": () => void (undefined as unknown as string).length,
  "never ends": () => {
    for (;;);
  },
  "takes all memory": () => {
    for (const kept: Uint8Array[] = []; ; ) kept.push(new Uint8Array(2 ** 24).fill(1));
  },
  "kills the process": () => process.kill(process.pid, "SIGKILL"),
  "prints an escape": () => refuse("It is \u001b[31mred."),
  "writes a book": () => refuse("word ".repeat(10_000)),
  "accepts what is wrong": () => demand(1 > 2, "one is not more than two"),
  "changes Object.prototype": () =>
    Object.defineProperty(Object.prototype, "polluted", { value: 1, configurable: true }),
};

/** Its inputs are the names of its faults. */
export const planted: Target = {
  count: Object.keys(faults).length,
  generate: (_, index) => new TextEncoder().encode(Object.keys(faults)[index]),
  check: (input) => faults[new TextDecoder().decode(input)]?.(),
};

/** The error's own constructor would escape and cut the message: it is set behind its back. */
function refuse(message: string): never {
  throw Object.assign(new LowrankError("PLANTED", ""), { message });
}
