/** What every frame may need, compiled to WebAssembly: V8 has to learn nothing of it before it is fast. */
export { clear } from './clear';
export { addClients, beginClients, noteGroups } from './clients';
export { countSighting, seeDatagram } from './datagrams';
export { meetEdge, recentEdge } from './edges';
export { hashFlow } from './flow-hashes';
export { nextOutside, noteTimes } from './flow-times';
export { coldEnd, dropEvents, emptyFlows, findFlow, findFlowOfRare, forgetFlow, placeFor, pushEvent, takeRow, useFlows } from './flows';
export { useKey } from './key';
export { putHop } from './known-hops';
export { seeLarge } from './large-segments';
export { findOpen, putOpen } from './open-requests';
export { addToPassage } from './passages';
export { edgeOfKnown, flowOfKnown, known } from './segments';
export { forgetServices, putService } from './services';
export { skim } from './skim';
export { stepIndex, useSteps } from './steps';
