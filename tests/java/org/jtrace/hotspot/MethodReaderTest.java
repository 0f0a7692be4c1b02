package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class MethodReaderTest {
    @Test
    void namesAreCleaned() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("a/\u001b[31mEvil\u202e"), 1, "x\ny\u0085");
        assertEquals("a.\uFFFD[31mEvil\uFFFD.x\uFFFDy\uFFFD", read(fake, method).name());
    }

    /** As thread dumps have it, and as profiles do. */
    @Test
    void numbersOfGeneratedClassesAreLeftOutWhenAsked() {
        FakeVm fake = new FakeVm(17);
        long method = fake.method(fake.klass("shop/Cart$$Lambda$14+0x0000000800c03000"), 1, "run");
        MethodReader reader = fake.open().methodReader();
        assertEquals("shop.Cart$$Lambda$14.run", reader.read(method).name());
        reader.leaveOutNumbers();
        assertEquals("shop.Cart$$Lambda.run", reader.read(method).name());
    }

    @Test
    void longNamesAreCutVisibly() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K".repeat(60_000)), 1, "m");
        String name = read(fake, method).name();
        assertTrue(name.length() < 3_000, () -> "length " + name.length());
        assertTrue(name.endsWith("KKK....m"), name);
    }

    @Test
    void anIndexOutsideThePoolIsNoMethod() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K"), 1, "m");
        fake.set(fake.poolOf(fake.klass("Other")), "ConstantPool::_length", 4, 1);
        long constMethod = new TargetReader(fake.memory).pointer(method + fake.offset("Method::_constMethod"));
        for (int index : new int[] {0, FakeVm.POOL_LENGTH, 0xFFFF}) {
            fake.set(constMethod, "ConstMethod::_name_index", 2, index);
            assertNull(read(fake, method));
        }
    }

    @Test
    void aLineTableThatCannotBeReadCostsOnlyTheLines() {
        FakeVm fake = new FakeVm(25);
        long method = fake.method(fake.klass("K"), 1, "m");
        long constMethod = new TargetReader(fake.memory).pointer(method + fake.offset("Method::_constMethod"));
        fake.set(constMethod, "ConstMethod::_constMethod_size", 4, 0x7FFF_FFFF);
        JavaMethod read = read(fake, method);
        assertEquals("K.m", read.name());
        assertEquals(0, read.lines().size());
    }

    private static JavaMethod read(FakeVm fake, long method) {
        return fake.open().methodReader().read(method);
    }
}
