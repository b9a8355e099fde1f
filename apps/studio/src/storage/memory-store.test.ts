import { describe } from "vitest";
import { storeCases } from "../../test/store-cases.ts";
import { memoryStore } from "./store.ts";

describe("memoryStore", () => storeCases(async () => memoryStore()));
