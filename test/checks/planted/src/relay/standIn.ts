import '../../test/standIn.ts';
