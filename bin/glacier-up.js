#!/usr/bin/env node
import { realContext } from '../dist/cli/context.js';
import { main } from '../dist/cli/main.js';

const context = realContext();
const ending = await main(process.argv.slice(2), context);
if ('signal' in ending) context.kill(ending.signal);
else process.exitCode = ending.code;
