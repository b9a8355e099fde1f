import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";

import { type GatedDelta, type GatedDeltaInputs, gatedDelta } from "./gated-delta.ts";

const [batch, keyHeads, heads, keySize, valueSize] = [2, 1, 2, 3, 4] as const;

interface Texts extends Omit<GatedDeltaInputs, "memory"> {
  readonly memory: tf.Tensor4D;
}

/** The rule as it is written, a token after the other. */
function tokenByToken({ query, key, value, strength, decay, memory }: Texts): GatedDelta {
  const [, time] = value.shape;
  const at = (x: tf.Tensor, token: number, size: number) =>
    tf.reshape(tf.slice(x, [0, token, 0, 0], [batch, 1, -1, size]), [batch, -1, 1, size]);
  const unit = (x: tf.Tensor) => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-6)));
  let now: tf.Tensor = memory; // [batch, heads, keySize, valueSize]
  const reads: tf.Tensor[] = [];
  for (let token = 0; token < time; token++) {
    const rate = (x: tf.Tensor) => tf.reshape(tf.slice(x, [0, token, 0], [batch, 1, heads]), [batch, heads, 1, 1]);
    const own = (x: tf.Tensor) => tf.tile(unit(at(x, token, keySize)), [1, heads / keyHeads, 1, 1]);
    now = tf.mul(now, tf.exp(rate(decay)));
    const correction = tf.mul(tf.sub(at(value, token, valueSize), tf.matMul(own(key), now)), rate(strength));
    now = tf.add(now, tf.matMul(own(key), correction, true, false));
    reads.push(tf.matMul(tf.div(own(query), Math.sqrt(keySize)), now)); // [batch, heads, 1, valueSize]
  }
  const read = tf.transpose(tf.concat(reads, 2), [0, 2, 1, 3]) as tf.Tensor4D;
  return { read, memory: now as tf.Tensor4D };
}

function texts(time: number): tf.Tensor[] {
  const rates = waves([2, batch, time, heads], 4);
  const [strength, decay] = tf.tidy(() => {
    const [one, other] = tf.unstack(tf.sigmoid(rates));
    return [tf.clone(one as tf.Tensor), tf.mul(other as tf.Tensor, -1.5)];
  });
  rates.dispose();
  return [
    waves([batch, time, keyHeads, keySize], 1),
    waves([batch, time, keyHeads, keySize], 2),
    waves([batch, time, heads, valueSize], 3),
    strength as tf.Tensor,
    decay as tf.Tensor,
    waves([batch, heads, keySize, valueSize], 5),
  ];
}

function named(tensors: readonly tf.Tensor[]): Texts {
  const [query, key, value, strength, decay, memory] = tensors as [
    ...[tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor3D, tf.Tensor3D, tf.Tensor4D],
  ];
  return { query, key, value, strength, decay, memory };
}

onEachBackend(() => {
  describe("gatedDelta", () => {
    it.each([1, 5, 66])("reads and remembers the same for %i tokens as one after the other", async (time) => {
      // Both results in one, so that both send gradients.
      const both = (rule: (inputs: Texts) => GatedDelta) => {
        return (...tensors: tf.Tensor[]) => {
          const { read, memory } = rule(named(tensors));
          return tf.concat([tf.reshape(read, [-1]), tf.reshape(memory, [-1])]);
        };
      };
      await expectTwin(both(gatedDelta), both(tokenByToken), texts(time), 1e-4);
    });

    it("stays exact if all keys are equal and nothing fades, where sums of powers do not", () => {
      tf.tidy(() => {
        const [query, , value, , , memory] = texts(64) as [
          tf.Tensor4D,
          tf.Tensor,
          tf.Tensor4D,
          tf.Tensor,
          tf.Tensor,
          tf.Tensor4D,
        ];
        const key = tf.ones<tf.Rank.R4>([batch, 64, keyHeads, keySize]);
        const rates = {
          strength: tf.ones<tf.Rank.R3>([batch, 64, heads]),
          decay: tf.zeros<tf.Rank.R3>([batch, 64, heads]),
        };
        const inputs = { query, key, value, memory, ...rates };
        const [own, plain] = [gatedDelta(inputs), tokenByToken(inputs)];
        expectClose(own.read.dataSync(), plain.read.dataSync(), 1e-5);
      });
    });

    it("continues with the returned memory, and begins with an empty one", async () => {
      await expectNoLeak(() =>
        tf.tidy(() => {
          const { memory: _, ...all } = named(texts(9));
          const part = (first: number, count: number) => {
            const cut = <T extends tf.Tensor>(x: T) => tf.slice(x, [0, first], [batch, count]) as T;
            return {
              query: cut(all.query),
              key: cut(all.key),
              value: cut(all.value),
              strength: cut(all.strength),
              decay: cut(all.decay),
            };
          };
          const whole = gatedDelta(all);
          const front = gatedDelta(part(0, 4));
          const behind = gatedDelta({ ...part(4, 5), memory: front.memory });
          expectClose(tf.concat([front.read, behind.read], 1).dataSync(), whole.read.dataSync(), 1e-5);
          expectClose(behind.memory.dataSync(), whole.memory.dataSync(), 1e-5);
        }),
      );
    });

    it("refuses tensors that do not fit, by name", () => {
      tf.tidy(() => {
        const inputs = named(texts(3));
        expect(() => gatedDelta({ ...inputs, strength: tf.ones([batch, 3, 1]) })).toThrow(
          expect.objectContaining({ code: "SHAPE_MISMATCH" }),
        );
        expect(() => gatedDelta({ ...inputs, memory: tf.ones([1, heads, keySize, valueSize]) })).toThrow("memory");
      });
    });
  });
});
