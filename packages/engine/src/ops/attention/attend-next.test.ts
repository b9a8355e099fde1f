import { expectClose, expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { onEachBackend, waves } from "../../../test/compare-with-twin.ts";
import type { CachedPositions } from "../../step/token-steps.ts";
import { attendNext } from "./attend-next.ts";

const [batch, heads, keyHeads, headSize] = [2, 6, 3, 8] as const;

function positions(time: number, seed: number): CachedPositions {
  const shape = [batch, keyHeads, time, headSize];
  return { key: waves(shape, seed), value: waves(shape, seed + 1) };
}

/** The same in plain operations. */
function twin(query: tf.Tensor, segments: readonly CachedPositions[], scale: number): tf.Tensor {
  const all = (of: keyof CachedPositions) =>
    tf.concat(
      segments.map((segment) => segment[of]),
      2,
    );
  const grouped = tf.reshape(query, [batch, keyHeads, heads / keyHeads, headSize]);
  const weights = tf.softmax(tf.mul(tf.matMul(grouped, all("key"), false, true), scale));
  return tf.reshape(tf.matMul(weights, all("value")), query.shape);
}

async function valuesOf(tensor: tf.Tensor | undefined): Promise<Float32Array> {
  return Float32Array.from((await tensor?.data()) ?? []);
}

onEachBackend((engine) => {
  describe.skipIf(engine !== "native")("attendNext", () => {
    it.each([
      { isRotated: false, hasSettled: false },
      { isRotated: true, hasSettled: false },
      { isRotated: true, hasSettled: true },
    ])("gives what plain operations give: $isRotated $hasSettled", async ({ isRotated, hasSettled }) => {
      const query = waves([batch, heads, 1, headSize], 3);
      const [fresh, recent] = [positions(1, 5), positions(4, 7)];
      const settled = hasSettled ? positions(9, 11) : undefined;
      const rotation = isRotated ? waves([1, headSize, headSize], 13) : undefined;
      const next = attendNext({ query, fresh, rotation, settled, recent, scale: 0.3 });
      const rotate = (x: tf.Tensor) => {
        return rotation === undefined
          ? x
          : tf.matMul(
              x,
              tf.reshape(tf.tile(rotation, [batch * (x.shape[1] ?? 1), 1, 1]), [
                batch,
                x.shape[1] ?? 1,
                headSize,
                headSize,
              ]),
            );
      };
      const joined = { key: rotate(fresh.key), value: fresh.value };
      const segments = [...(settled === undefined ? [] : [settled]), recent, joined];
      expectClose(await valuesOf(next?.mixed), await valuesOf(twin(rotate(query), segments, 0.3)), 1e-6);
      for (const of of ["key", "value"] as const)
        expectClose(await valuesOf(next?.recent[of]), await valuesOf(tf.concat([recent[of], joined[of]], 2)), 1e-6);
    });

    it("leaves gradients and rotations of each row to plain operations", () => {
      const query = waves([batch, heads, 1, headSize]);
      const [fresh, recent] = [positions(1, 5), positions(4, 7)];
      const rotation = waves([batch, headSize, headSize]);
      expect(attendNext({ query, fresh, rotation, recent, scale: 1 })).toBeUndefined();
      tf.grad((x: tf.Tensor) => {
        expect(attendNext({ query: x, fresh, recent, scale: 1 })).toBeUndefined();
        return tf.sum(x);
      })(query);
    });

    it("keeps no tensor", async () => {
      const query = waves([batch, heads, 1, headSize]);
      const [fresh, recent] = [positions(1, 5), positions(4, 7)];
      await expectNoLeak(() => {
        const next = attendNext({ query, fresh, recent, scale: 1 });
        tf.dispose([next?.mixed, next?.recent.key, next?.recent.value].filter((tensor) => tensor !== undefined));
      });
    });
  });

  it.skipIf(engine === "native")("attendNext leaves everything to plain operations", () => {
    const query = waves([batch, heads, 1, headSize]);
    expect(attendNext({ query, fresh: positions(1, 5), recent: positions(4, 7), scale: 1 })).toBeUndefined();
  });
});
