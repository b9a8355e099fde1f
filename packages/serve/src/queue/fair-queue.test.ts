import { expect, it } from "vitest";
import { FairQueue, type Slot } from "./fair-queue.ts";

const never = new AbortController().signal;

/** A queue with these limits, and the order in which texts are admitted. */
function queueOf(limits: { readonly maxInside: number; readonly maxWaiting: number }) {
  const queue = new FairQueue(limits);
  const entered: string[] = [];
  const slots: Slot[] = [];
  const refused: string[] = [];
  const ask = (path: string, signal = never) =>
    queue.enter(path.split("/"), signal).then(
      (slot) => {
        entered.push(path);
        slots.push(slot);
      },
      () => refused.push(path),
    );
  /** The first admitted text gets this number of tokens and ends. */
  const next = async (tokens = 1) => {
    await Promise.resolve();
    const slot = slots.shift();
    slot?.charge(tokens);
    slot?.leave();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, entered, refused, ask, next };
}

it("serves clients in turns, however many texts one of them has requested", async () => {
  const { entered, ask, next } = queueOf({ maxInside: 1, maxWaiting: 100 });
  for (let text = 0; text < 6; text++) void ask("a");
  for (let text = 0; text < 2; text++) void ask("b");
  for (let round = 0; round < 8; round++) await next();
  expect(entered.slice(0, 5).filter((client) => client === "b")).toHaveLength(2);
});

it("counts tokens, not texts", async () => {
  const { entered, ask, next } = queueOf({ maxInside: 1, maxWaiting: 100 });
  for (const client of ["a", "a", "a", "b", "b", "b"]) void ask(client);
  await next(100);
  for (let round = 0; round < 3; round++) await next(10);
  expect(entered.slice(0, 4)).toEqual(["a", "b", "b", "b"]);
});

it("shares among addresses first: more connections do not give one of them more", async () => {
  const { entered, ask, next } = queueOf({ maxInside: 1, maxWaiting: 100 });
  for (let connection = 0; connection < 6; connection++) void ask(`many/key/${connection}`);
  for (let text = 0; text < 3; text++) void ask("one/key/1");
  for (let round = 0; round < 6; round++) await next();
  expect(entered.slice(0, 6).filter((path) => path.startsWith("one"))).toHaveLength(3);
});

it("refuses the client that fills it, not the last one", async () => {
  const { entered, refused, ask, next } = queueOf({ maxInside: 1, maxWaiting: 3 });
  for (let text = 0; text < 5; text++) void ask("a");
  void ask("b");
  await next();
  expect(refused).toEqual(["a", "a"]);
  expect(entered).toEqual(["a", "b"]);
});

it("removes a text whose client has disconnected, and resolves when it is empty", async () => {
  const { queue, entered, refused, ask, next } = queueOf({ maxInside: 1, maxWaiting: 3 });
  const left = new AbortController();
  void ask("a");
  void ask("b", left.signal);
  left.abort();
  const empty = queue.whenEmpty();
  await next();
  await empty;
  expect([entered, refused, queue.waiting]).toEqual([["a"], ["b"], 0]);
});
