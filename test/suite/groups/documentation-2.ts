import { runGroup } from '../run-group.ts'

await runGroup('documentation-2')
