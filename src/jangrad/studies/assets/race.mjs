// A race of learning rates.

import {start} from "./replay.mjs";

start();
