# Holds Image::ExifTool loaded and forks for a clean file and its original, so that Perl starts once and
# nothing is read by a process that has read an original.
#
# Arguments, all made by our Python: the numbers of the system calls prctl and setrlimit (0 where there
# are none), bytes of address space, then in hex a seccomp filter and a landlock_ruleset_attr.
# A request is a line: seconds of processor time, and one or two paths in hex.  The answer is a frame (a
# line with a number of bytes, then these) that says what confinement is in force, then one for each file, as
# soon as it is read: a line for each tag (path in hex, `t` for text, `b` for bytes, `n` for bytes too many
# to show, then the value in hex), then a dot.  When a fork doesn't say all of that, Perl ends: who
# reads its answers starts it again.
use strict;
use warnings;
use POSIX ();

BEGIN { $Image::ExifTool::configFile = ''; }
use Image::ExifTool;

my ($PRCTL, $SETRLIMIT, $MEMORY, $FILTER, $RULESET) = @ARGV;
my ($TAGS, $TEXT, $BYTES, $ANSWER) = (20_000, 4096, 256, 16 << 20);
my ($CREATE_RULESET, $ADD_RULE, $RESTRICT_SELF) = (444, 445, 446);
my ($READ, $PATH_BENEATH) = (0xC, 1);    # files and folders

# What most files need is loaded and set up before the first fork, not after each.
for my $module (
    qw(Exif GPS XMP JPEG JFIF MPF QuickTime PNG RIFF GIF BMP ICC_Profile Photoshop IPTC MakerNotes
    Apple Samsung Google GoPro DJI Charset QuickTimeStream PLIST JSON Microsoft PrintIM Unknown Fixup MWG)
  )
{
    eval "require Image::ExifTool::$module" or next;
    no strict 'refs';
    for my $name (keys %{"Image::ExifTool::${module}::"}) {
        my $table = "Image::ExifTool::${module}::$name";
        eval { Image::ExifTool::GetTagTable($table) } if $name =~ /^\w+$/ and ${$table}{GROUPS};
    }
}

# Half of reading XMP is in the first.
eval { require "Image/ExifTool/$_.pl" } for qw(Writer QuickTimeStream XMP2 XMPStruct);

# More is set up when a tag is first met, so files of ours are read, which say nothing.
for my $file (photo(), picture(), movie(), screenshot()) {
    my $tool = reader();
    $tool->ExtractInfo(\$file);
    $tool->GetValue($_, 'ValueConv') for $tool->GetFoundTags('File');
}

binmode STDIN;
binmode STDOUT;
$| = 1;
printf "%s\n", $Image::ExifTool::VERSION;
while (defined(my $request = <STDIN>)) {
    my ($seconds, @paths) = split ' ', $request;
    pipe(my $from, my $to) or exit 1;
    my $leaf = fork();
    defined $leaf or exit 1;
    if (!$leaf) {
        close $from;
        eval { answer($to, $seconds, map { pack 'H*', $_ } @paths) };
        POSIX::_exit(0);
    }
    close $to;
    my $said = '';
    my $told = 1;
    # One for the confinement, and one for each file.
    for (0 .. @paths) {
        my $frame = frame($from, \$said);
        $told = defined $frame or last;
        print $frame;
    }
    kill 'KILL', $leaf;
    waitpid $leaf, 0;
    $told or exit 1;
}

# The next frame of a leaf; undef if there is none.
sub frame {
    my ($from, $said) = @_;
    my $size;
    until (defined $size and length $$said >= $size) {
        if (!defined $size and $$said =~ /^([0-9]{1,9})\n/) {
            return if $1 > $ANSWER;
            $size = $+[0] + $1;
            next;
        }
        return if !defined $size and length $$said > 9;
        sysread $from, $$said, 1 << 16, length $$said or return;
    }
    return substr $$said, 0, $size, '';
}

sub answer {
    my ($to, $seconds, @paths) = @_;
    my @files = map { open my $file, '<:raw', $_ or return; $file } @paths;
    # The leaf speaks through its own pipe only.
    open STDIN, '<', '/dev/null';
    POSIX::dup2(fileno($to), 1);
    close $to;
    put(join ', ', confine($seconds));
    # Each answer is out before the next file is looked into.
    put(seen($_)) for @files;
}

# What is in a file; without its dot, if ExifTool dies of it.
sub seen {
    my ($file) = @_;
    my $said = '';
    eval {
        my $tool = reader();
        $tool->ExtractInfo($file);
        my $left = $TAGS;
        for my $tag ($tool->GetFoundTags('File')) {
            my $name = Image::ExifTool::GetTagName($tag);
            my $where = unpack 'H*', $tool->GetGroup($tag, 1) . "/$name";
            my @values = ($tool->GetValue($tag, 'ValueConv'));
            # One tag for each byte of a block that nobody knows says nothing, thousands of times.
            next if $name =~ /_0x[0-9a-f]{4,}$/ and defined $values[0] and $values[0] =~ /^[0-9]{1,3}$/;
            while (@values) {
                my $value = shift @values;
                if (ref $value eq 'ARRAY') { unshift @values, @$value; next }
                if (ref $value eq 'HASH')  { unshift @values, values %$value; next }
                last if $left-- <= 0;
                $said .= "$where\t" . shown($value) . "\n";
            }
        }
        $said .= $left < 0 ? "more\n.\n" : ".\n";
    };
    return $said;
}

sub shown {
    my ($value) = @_;
    if (ref $value eq 'SCALAR') {
        return length $$value <= $BYTES ? "b\t" . unpack('H*', $$value) : "n\t";
    }
    my $text = defined $value ? "$value" : '';
    utf8::encode($text) if utf8::is_utf8($text);
    return "t\t" . unpack 'H*', substr $text, 0, $TEXT;
}

sub reader {
    my $tool = Image::ExifTool->new;
    $tool->Options(
        Unknown           => 2,
        Duplicates        => 1,
        ExtractEmbedded   => 3,
        PrintConv         => 0,
        Composite         => 0,
        LargeFileSupport  => 1,
        IgnoreMinorErrors => 1,
    );
    return $tool;
}

sub box {
    my ($kind, @inside) = @_;
    my $inside = join '', @inside;
    return pack('N', 8 + length $inside) . $kind . $inside;
}

sub handler {
    my ($kind) = @_;
    return box('hdlr', "\0" x 8, $kind, "\0" x 13);
}

# A HEIC with the properties and the one item that each has.
sub photo {
    my $information = box('iinf', pack('Nn', 0, 1), box('infe', pack('Nnn', 2 << 24, 1, 0), "hvc1\0"));
    my $properties  = box('ipco', box('ispe', "\0" x 12), box('hvcC', "\0" x 23));
    my $places      = box('iloc', pack('Nnnnnnnn', 0, 0x4400, 1, 1, 0, 1, 0, 0), "\0" x 4);
    return box('ftyp', 'heic', pack('N', 0), 'heic')
      . box('meta', pack('N', 0), handler('pict'), box('pitm', pack('Nn', 0, 1)), $information,
        box('iprp', $properties, box('ipma', "\0" x 8)), $places)
      . box('mdat');
}

sub movie {
    my $entries = box('stsd', pack('NN', 0, 1), box('avc1', "\0" x 78));
    my $media = box('mdia', box('mdhd', "\0" x 24), handler('vide'), box('minf', box('stbl', $entries)));
    return box('ftyp', 'isom', pack('N', 0), 'isom')
      . box('moov', box('mvhd', "\0" x 100), box('trak', box('tkhd', "\0" x 84), $media));
}

# A JPEG of one pixel with an orientation, a position and an XMP packet.
sub picture {
    my $entries = pack('nnNnn', 274, 3, 1, 1, 0) . pack('nnNN', 34853, 4, 1, 38);
    my $places  = pack('nnnNN', 1, 1, 2, 2, 0x4E000000) . pack('N', 0);
    my $exif    = "Exif\0\0MM\0*" . pack('Nn', 8, 2) . $entries . pack('N', 0) . $places;
    my $rdf     = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#';
    my $tiff    = 'http://ns.adobe.com/tiff/1.0/';
    my $about   = "<rdf:Description xmlns:tiff='$tiff' tiff:Orientation='1'/>";
    my $packet  = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='$rdf'>$about</rdf:RDF></x:xmpmeta>";
    my $xmp     = "http://ns.adobe.com/xap/1.0/\0$packet";
    return "\xff\xd8"
      . join('', map { "\xff\xe1" . pack('n', 2 + length $_) . $_ } $exif, $xmp)
      . "\xff\xdb\0\x43\0" . "\1" x 64
      . "\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0\xff\xda\0\x08\1\1\0\0\x3f\0\0\xff\xd9";
}

sub screenshot {
    my $header = pack('N', 13) . 'IHDR' . pack('NNC5', 1, 1, 8, 0, 0, 0, 0) . pack('N', 0);
    return "\x89PNG\r\n\x1a\n$header" . pack('N', 0) . 'IEND' . pack('N', 0xAE426082);
}

# A frame.
sub put {
    my ($text) = @_;
    $text = length($text) . "\n$text";
    my $at = 0;
    while ($at < length $text) {
        my $done = syswrite STDOUT, $text, length($text) - $at, $at;
        defined $done or POSIX::_exit(1);
        $at += $done;
    }
}

sub confine {
    my ($seconds) = @_;
    my @words;
    # Where there is no number, only output is limited, by who started us.
    my $limited = 1;
    if ($SETRLIMIT) {
        my %limits = (0 => $seconds, 9 => $MEMORY);    # RLIMIT_CPU, RLIMIT_AS
        for my $which (keys %limits) {
            $limited = 0 if syscall($SETRLIMIT, $which + 0, pack 'QQ', ($limits{$which}) x 2) != 0;
        }
    }
    if ($PRCTL) {
        syscall($PRCTL, 1, 9, 0, 0, 0);                            # die with the parent
        push @words, 'landlock' if within();
        my $filter = pack 'H*', $FILTER;
        my $program = pack 'S x![P] P', length($filter) / 8, $filter;
        push @words, 'seccomp' if length $filter and syscall($PRCTL, 22, 2, $program, 0, 0) == 0;
    }
    push @words, 'limits' if $limited;
    return @words;
}

sub within {
    my $wanted = pack 'H*', $RULESET;
    length $wanted or return 0;
    my $rules = syscall($CREATE_RULESET, $wanted, length $wanted, 0);
    $rules >= 0 or return 0;
    # Perl loads parts of itself when it needs them.
    for my $folder (grep { -d } @INC, '/usr/lib', '/lib', '/lib64') {
        opendir(my $open, $folder) or next;
        syscall($ADD_RULE, $rules, $PATH_BENEATH, pack('Ql', $READ, fileno $open), 0);
    }
    return syscall($RESTRICT_SELF, $rules, 0) == 0;
}
