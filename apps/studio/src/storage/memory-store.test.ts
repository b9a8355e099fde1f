import { describe } from "vitest";
import { storeCases } from "../testing/store-cases.ts";
import { memoryStore } from "./memory-store.ts";

describe("memoryStore", () => storeCases(async () => memoryStore()));
