// The relay, with the page in the folder that C2L_TEST_PAGE names. A relay that is started again may so serve another build.
import { relayVerb } from '../../../src/relay/node/relayVerb.ts';

await relayVerb({ pageFolder: process.env['C2L_TEST_PAGE'] ?? '' }).parseAsync(process.argv.slice(3), { from: 'user' });
