// What vitest does before each file of tests that shares its process with others (vitest.config.ts): tensors are computed in
// plain JavaScript, which is exact to float32 and the same everywhere, whatever the file before has chosen.

import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { beforeAll } from "vitest";

beforeAll(() => tf.setBackend("cpu"));
