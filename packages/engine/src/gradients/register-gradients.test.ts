import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { gradientTable, registerGradients } from "./register-gradients.ts";

describe("registerGradients", () => {
  it("keeps a gradient that somebody else registered", () => {
    const theirs: tf.GradConfig = { kernelName: "Add", gradFunc: () => ({}) };
    tf.registerGradient(theirs);
    registerGradients();
    expect(tf.getGradient("Add")).toBe(theirs);
    expect(tf.getGradient("Multiply")).toBeDefined();
    tf.unregisterGradient("Add"); // the next file may run in this page
    registerGradients();
  });

  it.each(["Maximum", "SplitV", "Tile"])("takes the place of %s's, which is wrong in TensorFlow.js", (name) => {
    tf.registerGradient({ kernelName: name, gradFunc: () => ({}) });
    registerGradients();
    expect(tf.getGradient(name)).toBe(gradientTable.find(({ kernelName }) => kernelName === name));
  });

  it("has one row for each kernel", () => {
    const names = gradientTable.map(({ kernelName }) => kernelName);
    expect(new Set(names).size).toBe(names.length);
  });
});
