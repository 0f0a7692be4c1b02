package org.jtrace.hotspot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratedNamesTest {
    @ParameterizedTest
    @CsvSource({
        "java/lang/String, java/lang/String",
        "Foo$$Lambda+0x00007f1234567890, Foo$$Lambda",
        "Foo$$Lambda$14+0x0000000800c03000, Foo$$Lambda$14",
        "Foo$$Lambda$14/0x0000000800C03000, Foo$$Lambda$14",
        "java/lang/invoke/LambdaForm$MH+0x1, java/lang/invoke/LambdaForm$MH",
        "Foo+0x, Foo+0x",
        "Foo+0xzz, Foo+0xzz",
        "Foo0x12, Foo0x12",
        "+0x12, +0x12",
        "0x12, 0x12",
        "'', ''"
    })
    void addressesOfHiddenClassesAreStripped(String name, String expected) {
        assertEquals(expected, GeneratedNames.withoutAddress(name));
    }

    @ParameterizedTest
    @CsvSource({
        "shop/Cart$$Lambda$14, shop/Cart$$Lambda",
        "sun/reflect/GeneratedMethodAccessor123, sun/reflect/GeneratedMethodAccessor",
        "jdk/internal/reflect/GeneratedMethodAccessor1, jdk/internal/reflect/GeneratedMethodAccessor",
        "jdk/internal/reflect/GeneratedConstructorAccessor7, jdk/internal/reflect/GeneratedConstructorAccessor",
        "sun/reflect/GeneratedSerializationConstructorAccessor2, sun/reflect/GeneratedSerializationConstructorAccessor",
    })
    void numbersThatCountWithinOneRunAreStripped(String name, String expected) {
        assertEquals(expected, GeneratedNames.withoutNumber(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop/Cart$$Lambda", "shop/Cart$1", "shop/Cart$Lambda$2", "shop/Utf8", "$Proxy12",
        "jdk/proxy2/$Proxy12", "shop/reflect/GeneratedMethodAccessor3", "GeneratedMethodAccessor3",
        "sun/reflect/GeneratedMethodAccessor", "shop/Cart$$FastClassBySpringCGLIB$$2", "12", ""})
    void allOtherNumbersStay(String name) {
        assertEquals(name, GeneratedNames.withoutNumber(name));
    }
}
