// Kernels get their attributes in an untyped dictionary; these readers check the values that they return.

import * as tf from "@tensorflow/tfjs-core";
import { ArgumentError } from "../errors.ts";

export function numberOf(attributes: tf.NamedAttrMap, name: string): number {
  const value = attributes[name];
  if (typeof value !== "number") throw new ArgumentError("A gradient", name, value, "a number");
  return value;
}

export function booleanOf(attributes: tf.NamedAttrMap, name: string): boolean {
  return attributes[name] === true;
}

/** A list of numbers; a single number counts as a list of one. */
export function numbersOf(attributes: tf.NamedAttrMap, name: string): number[] {
  const value = attributes[name];
  if (typeof value === "number") return [value];
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  const numbers = values.filter((entry): entry is number => typeof entry === "number");
  if (!Array.isArray(value) || numbers.length !== values.length)
    throw new ArgumentError("A gradient", name, value, "a list of numbers");
  return numbers;
}

/** Axes of a reduction, none negative; all of them if the attribute is absent. */
export function axesOf(attributes: tf.NamedAttrMap, name: string, shape: readonly number[]): number[] {
  const value = attributes[name];
  if (value === undefined || value === null) return shape.map((_, axis) => axis);
  return tf.util.parseAxisParam(numbersOf(attributes, name), [...shape]);
}

/** One axis, not negative. */
export function axisOf(attributes: tf.NamedAttrMap, name: string, rank: number): number {
  const axis = numberOf(attributes, name);
  return axis < 0 ? axis + rank : axis;
}
