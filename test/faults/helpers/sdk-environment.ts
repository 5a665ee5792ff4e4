/** What the SDK reads from the process itself, not from a context: marker credentials, and no configuration. */
import { markers } from './machine.js';

Object.assign(process.env, markers, {
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
});
