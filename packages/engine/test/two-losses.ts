// The gradients of an operation may be taken twice over one tape, as a loss does that contains the gradient of another one: nothing
// that an operation saves for its gradient may be spent by taking it.

import { largestMagnitude } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { type Operation, waves } from "./compare-with-twin.ts";
import { expectEqualPart } from "./expect-equal-results.ts";

/** Throws unless two losses of what `compute` gives have the gradients that each has alone. */
export async function expectTwoLosses(compute: Operation, inputs: readonly tf.Tensor[]): Promise<void> {
  const weighted = (y: tf.Tensor) => tf.sum(tf.mul(y, waves(y.shape, 0.37)));
  const squared = (y: tf.Tensor) => tf.sum(tf.square(y));
  const alone = [weighted, squared].flatMap((loss) => tf.grads((...given) => loss(compute(...given)))([...inputs]));
  const first: tf.Tensor[] = [];
  const second = tf.grads((...given) => {
    const y = compute(...given);
    first.push(
      ...tf
        .grads(() => weighted(y))(given)
        .map((gradient) => tf.keep(gradient)),
    );
    return squared(y);
  })([...inputs]);
  const [expected, actual] = await Promise.all([numbersOf(alone), numbersOf([...first, ...second])]);
  tf.dispose([...alone, ...first, ...second]);
  if (largestMagnitude(expected[0] ?? []) === 0) throw new Error("The first gradient is 0.");
  for (const [index, values] of expected.entries())
    await expectEqualPart(actual[index] ?? [], values, { what: `gradient ${index}`, index, whole: expected });
}

function numbersOf(tensors: readonly tf.Tensor[]): Promise<readonly Float32Array[]> {
  return Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
}
