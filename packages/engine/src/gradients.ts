// Importing this file registers gradients: the one side effect in this project that an import has.

import { registerGradients } from "./gradients/register-gradients.ts";

registerGradients();
