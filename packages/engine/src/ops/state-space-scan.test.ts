import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { expectTwin, onEachBackend, waves } from "../../test/compare-with-twin.ts";

import { type StateSpaceInputs, type StateSpaceScan, stateSpaceScan } from "./state-space-scan.ts";

const [batch, groups, inGroup, stateSize, valueSize] = [2, 2, 3, 5, 4] as const;
const heads = groups * inGroup;

type Texts = Required<StateSpaceInputs> & { readonly state: tf.Tensor4D };

/** The recurrence as it is written, a token after the other. */
function tokenByToken({ value, key, query, decay, state }: Texts): StateSpaceScan {
  const at = (x: tf.Tensor, token: number, shape: number[]) =>
    tf.reshape(tf.slice(x, [0, token], [batch, 1]), [batch, groups, ...shape]);
  let now: tf.Tensor = state;
  const reads: tf.Tensor[] = [];
  for (let token = 0; token < value.shape[1]; token++) {
    const left = tf.tile(tf.exp(at(decay, token, [inGroup, 1])), [1, 1, 1, valueSize]);
    const written = tf.mul(at(key, token, [stateSize, 1]), at(value, token, [1, inGroup * valueSize]));
    now = tf.add(tf.mul(now, tf.reshape(left, [batch, groups, 1, -1])), written);
    reads.push(tf.reshape(tf.sum(tf.mul(now, at(query, token, [stateSize, 1])), 2), [batch, 1, heads, valueSize]));
  }
  return { read: tf.concat(reads, 1) as tf.Tensor4D, state: now as tf.Tensor4D };
}

function texts(time: number): tf.Tensor[] {
  return [
    waves([batch, time, heads, valueSize], 1),
    waves([batch, time, groups, stateSize], 2),
    waves([batch, time, groups, stateSize], 3),
    tf.tidy(() => tf.neg(tf.square(waves([batch, time, heads], 4)))),
    waves([batch, groups, stateSize, inGroup * valueSize], 5),
  ];
}

function named(tensors: readonly tf.Tensor[]): Texts {
  const [value, key, query, decay, state] = tensors as [
    ...[tf.Tensor4D, tf.Tensor4D, tf.Tensor4D, tf.Tensor3D, tf.Tensor4D],
  ];
  return { value, key, query, decay, state };
}

onEachBackend(() => {
  describe("stateSpaceScan", () => {
    it.each([1, 5, 66])("reads and leaves what %i tokens one after the other do", async (time) => {
      // Both results in one, so that both send gradients.
      const both =
        (scan: (inputs: Texts) => StateSpaceScan) =>
        (...tensors: tf.Tensor[]) => {
          const { read, state } = scan(named(tensors));
          return tf.concat([tf.reshape(read, [-1]), tf.reshape(state, [-1])]);
        };
      await expectTwin(both(stateSpaceScan), both(tokenByToken), texts(time), 1e-4);
    });

    it("stays exact behind tokens that forget everything", () => {
      tf.tidy(() => {
        const inputs = named(texts(64));
        const forgets = tf.concat(
          [tf.fill([batch, 60, heads], -300), tf.fill([batch, 4, heads], -0.01)],
          1,
        ) as tf.Tensor3D;
        const [own, plain] = [stateSpaceScan, tokenByToken].map((scan) => scan({ ...inputs, decay: forgets }));
        // Values reach 6; from sums that reach 18,000 they would differ by 3e-3.
        expectClose(own?.read.dataSync() ?? [], plain?.read.dataSync() ?? [], 3e-4);
      });
    });

    it("continues with the returned state, begins with an empty one, and keeps no tensor", () =>
      expectNoLeak(() =>
        tf.tidy(() => {
          const { state: _, ...all } = named(texts(9));
          const part = (first: number, count: number) => {
            const cut = <T extends tf.Tensor>(x: T) => tf.slice(x, [0, first], [batch, count]) as T;
            return { value: cut(all.value), key: cut(all.key), query: cut(all.query), decay: cut(all.decay) };
          };
          const whole = stateSpaceScan(all);
          const front = stateSpaceScan(part(0, 4));
          const behind = stateSpaceScan({ ...part(4, 5), state: front.state });
          expectClose(tf.concat([front.read, behind.read], 1).dataSync(), whole.read.dataSync(), 1e-5);
          expectClose(behind.state.dataSync(), whole.state.dataSync(), 1e-5);
        }),
      ));

    it("refuses tensors that do not fit, by name", () => {
      tf.tidy(() => {
        const inputs = named(texts(3));
        const scanWith = (changes: Partial<StateSpaceInputs>) => () => stateSpaceScan({ ...inputs, ...changes });
        expect(scanWith({ query: tf.ones([batch, 3, 1, stateSize]) })).toThrow(
          expect.objectContaining({ code: "SHAPE_MISMATCH" }),
        );
        expect(scanWith({ decay: tf.ones([batch, 3, groups]) })).toThrow("stateSpaceScan's decay");
        expect(scanWith({ state: tf.ones([batch, groups, 1, 1]) })).toThrow("stateSpaceScan's state");
        const four = tf.ones<tf.Rank.R4>([batch, 3, 4, stateSize]);
        expect(scanWith({ key: four, query: four })).toThrow("groups that divide 6");
      });
    });
  });
});
