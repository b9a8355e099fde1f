// Importing this file registers gradients. No other import in this project has a side effect.

import { registerGradients } from "./gradients/register-gradients.ts";

registerGradients();
