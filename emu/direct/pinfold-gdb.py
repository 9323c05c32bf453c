# SPDX-License-Identifier: MIT
#
# For gdb: the machine of a program that is linked with libpinfold, of a live
# process or of a core. Load it by `source pinfold-gdb.py`, then
#
#   pinfold entry VALUE     an entry of a table, decoded
#   pinfold walk ADDRESS    the entries that translate an address
#   pinfold frame PFN       a page frame's type and counts (mfn:N: a machine frame)
#   pinfold table PFN       the entries of a table that are not zero
#
# Nothing is called in the program: all is read from its memory.
import gdb

FLAGS = ((0, 'P'), (1, 'RW'), (2, 'US'), (3, 'PWT'), (4, 'PCD'), (5, 'A'),
         (6, 'D'), (7, 'PSE'), (8, 'G'), (52, '(kernel)'), (63, 'NX'))
MFN_MASK = 0x000ffffffffff000
TYPES = ('none', 'L1', 'L2', 'L3', 'L4', 'segment descriptors', 'shared',
         'writable')
TYPE_FLAGS = ((60, 'locked'), (59, 'pinned'), (58, 'validated'),
              (56, 'partial'))
TYPE_COUNT = (1 << 55) - 1
COUNT = (1 << 57) - 1
NO_OWNER = 0xffff
STATE_SHIFT = 58


class Machine:
    """The machine as gdb sees it now."""

    def __init__(self):
        try:
            self.direct = gdb.parse_and_eval('direct')
            self.machine = gdb.lookup_type('struct xm_machine').pointer()
            self.frame_type = gdb.lookup_type('struct xm_frame')
        except gdb.error as e:
            raise gdb.GdbError('There is no libpinfold in this program, or no '
                               'debugging information of it (%s).' % e)
        self.block = int(self.direct['block'])
        if self.block == 0:
            raise gdb.GdbError('There is no machine yet: pinfold_open() has '
                               'not been called.')
        head = gdb.Value(self.block).cast(self.machine).dereference()
        self.nr_frames = int(head['config']['nr_frames'])
        self.frames = self.block + self.machine.target().sizeof
        self.m2p = self.frames + self.nr_frames * self.frame_type.sizeof
        self.ram = int(self.direct['cpu']['ram'])
        self.nr_pages = int(self.direct['config']['nr_pages'])
        self.domid = int(self.direct['cpu']['domid'])
        self.domain = self.find_domain(head)

    def find_domain(self, head):
        first, last = head['domains'].type.range()
        for i in range(first, last + 1):
            d = head['domains'][i]
            if bool(d['exists']) and int(d['domid']) == self.domid:
                return d
        raise gdb.GdbError('The machine has no domain %d.' % self.domid)

    def words(self, address, n):
        memory = gdb.selected_inferior().read_memory(address, n * 8)
        return memoryview(bytes(memory)).cast('Q')

    def entry(self, mfn, i):
        if mfn >= self.nr_frames:
            raise gdb.GdbError('mfn 0x%x is no frame of the machine.' % mfn)
        return self.words(self.ram + mfn * 4096 + i * 8, 1)[0]

    def frame(self, mfn):
        at = gdb.Value(self.frames + mfn * self.frame_type.sizeof)
        return at.cast(self.frame_type.pointer()).dereference()

    def pfn_of(self, mfn):
        """None: it is no page of the domain."""
        if mfn >= self.nr_frames:
            return None
        pfn = self.words(self.m2p + mfn * 8, 1)[0]
        return pfn if pfn < self.nr_pages else None

    def mfn_of(self, pfn):
        """None: the page has no frame now."""
        for mfn, p in enumerate(self.words(self.m2p, self.nr_frames)):
            if p == pfn and int(self.frame(mfn)['owner']) == self.domid:
                return mfn
        return None

    def name(self, mfn):
        pfn = self.pfn_of(mfn)
        if pfn is None:
            return 'mfn 0x%x' % mfn
        return 'pfn 0x%x (mfn 0x%x)' % (pfn, mfn)

    def base(self):
        v = self.domain['vcpu'][int(self.direct['cpu']['vcpu'])]
        user = bool(v['user_mode'])
        if not bool(v['has_user_base' if user else 'has_base']):
            raise gdb.GdbError('No tables are loaded.')
        return int(v['guest_table_user' if user else 'guest_table'])

    def flags(self, e):
        flags = [n for bit, n in FLAGS if e >> bit & 1]
        rest = e & ~MFN_MASK & ~sum(1 << bit for bit, _ in FLAGS)
        if rest:
            flags.append('0x%x' % rest)
        return ''.join(' ' + f for f in flags)

    def decode(self, e):
        return self.name((e & MFN_MASK) >> 12) + self.flags(e) if e else '0'

    def runs(self, words):
        """Of entries: (first, last) that name frame after frame alike."""
        first = 0
        for i in range(1, len(words) + 1):
            if i < len(words) and words[i] & 1 and \
                    words[i] == words[i - 1] + 4096 and \
                    self.step(words[i - 1], words[i]):
                continue
            yield first, i - 1
            first = i

    def step(self, e, g):
        """From E's page frame to G's; both may have none."""
        a, b = (self.pfn_of((x & MFN_MASK) >> 12) for x in (e, g))
        return b is None if a is None else b == a + 1

    def describe(self, mfn):
        f = self.frame(mfn)
        type_info, count_info = int(f['type_info']), int(f['count_info'])
        owner = int(f['owner'])
        words = ['type %s' % TYPES[type_info >> 61]]
        words += [n for bit, n in TYPE_FLAGS if type_info >> bit & 1]
        state = 'free' if count_info >> STATE_SHIFT & 3 == 3 else \
            'of nobody' if owner == NO_OWNER else 'of domain %d' % owner
        return '%s: %s, %s, type count %d, general count %d' % (
            self.name(mfn), state, ' '.join(words), type_info & TYPE_COUNT,
            count_info & COUNT)


def number(argument, what):
    if not argument.strip():
        raise gdb.GdbError('Which %s? Give it as an expression.' % what)
    return int(gdb.parse_and_eval(argument)) & (1 << 64) - 1


def frame_number(m, argument):
    if argument.startswith('mfn:'):
        mfn = number(argument[4:], 'machine frame')
        if mfn >= m.nr_frames:
            raise gdb.GdbError('The machine has 0x%x frames.' % m.nr_frames)
        return mfn
    pfn = number(argument, 'page frame')
    mfn = m.mfn_of(pfn)
    if mfn is None:
        raise gdb.GdbError('pfn 0x%x has no frame now (the domain has 0x%x '
                           'pages).' % (pfn, m.nr_pages))
    return mfn


class Pinfold(gdb.Command):
    """The machine of libpinfold: pinfold entry|walk|frame|table ..."""

    def __init__(self):
        super().__init__('pinfold', gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)


class Entry(gdb.Command):
    """pinfold entry VALUE: an entry of a table, decoded."""

    def __init__(self):
        super().__init__('pinfold entry', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(Machine().decode(number(argument, 'entry')))


class Walk(gdb.Command):
    """pinfold walk ADDRESS: the entries that translate it."""

    def __init__(self):
        super().__init__('pinfold walk', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        va, m = number(argument, 'address'), Machine()
        mfn, rights = m.base(), 6
        for level in (4, 3, 2, 1):
            i = va >> 3 + 9 * level & 511
            e = m.entry(mfn, i)
            print('L%d %s[%d] = %s' % (level, m.name(mfn), i, m.decode(e)))
            if not e & 1:
                print('not present: an access faults')
                return
            rights &= e
            mfn = (e & MFN_MASK) >> 12
        if not rights & 4:
            print('not for the guest: an access faults')
            return
        print('%s + 0x%x, %s' % (m.name(mfn), va & 0xfff, 'writable'
                                 if rights & 2 else 'read-only'))


class Frame(gdb.Command):
    """pinfold frame PFN, pinfold frame mfn:N: its type and counts."""

    def __init__(self):
        super().__init__('pinfold frame', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        m = Machine()
        print(m.describe(frame_number(m, argument)))


class Table(gdb.Command):
    """pinfold table PFN, pinfold table mfn:N: entries that are not zero."""

    def __init__(self):
        super().__init__('pinfold table', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        m = Machine()
        mfn = frame_number(m, argument)
        print(m.describe(mfn))
        words = m.words(m.ram + mfn * 4096, 512)
        for i, last in m.runs(words):
            if i != last:
                print('  [%d..%d] %s .. %s%s' % (
                    i, last, m.name((words[i] & MFN_MASK) >> 12),
                    m.name((words[last] & MFN_MASK) >> 12),
                    m.flags(words[i])))
            elif words[i]:
                print('  [%d] %s' % (i, m.decode(words[i])))


# First touches of pages, and system calls of the guest, which libpinfold sees
# to; and where it is when nobody does.
gdb.execute('handle SIGSEGV SIGSYS nostop noprint pass', to_string=True)
gdb.Breakpoint('pinfold_unhandled_fault')
Pinfold()
Entry()
Walk()
Frame()
Table()
