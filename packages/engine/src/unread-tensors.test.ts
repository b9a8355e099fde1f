import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { UnreadTensorError, UnreadTensors } from "./unread-tensors.ts";

describe("an unread tensor", () => {
  it("names itself in the error of computing with it, and stays as it was", () => {
    const tensor = new UnreadTensors().tensor("fc.weight", [2, 3]);
    for (let time = 0; time < 2; time += 1)
      expect(() => tf.transpose(tensor)).toThrow(expect.objectContaining({ tensor: "fc.weight" }));
    expect(() => tensor.dataSync()).toThrow(UnreadTensorError);
    expect(tensor.shape).toEqual([2, 3]);
    tensor.dispose();
  });

  it("computes with provided data, also after another tensor was disposed of", () => {
    const before = tf.memory().numTensors;
    const unread = new UnreadTensors();
    const [one, other] = [unread.tensor("one", [2]), unread.tensor("other", [2])];
    unread.provide("one", Float32Array.of(1, 2));
    unread.provide("other", Float32Array.of(3, 4));
    const sum = tf.add(one, other);
    one.dispose();
    const doubled = tf.mul(other, 2);
    expect([...sum.dataSync(), ...doubled.dataSync()]).toEqual([4, 6, 6, 8]);
    tf.dispose([other, sum, doubled]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
