// A setup file of vitest for test files that share their process with others (vitest.config.ts): tensors are computed in plain
// JavaScript, which is exact to float32 and the same everywhere, whatever backend the file before has selected.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll } from "vitest";

beforeAll(() => tf.setBackend("cpu"));
