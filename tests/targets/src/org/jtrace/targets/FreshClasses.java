package org.jtrace.targets;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Defines classes of which there is no end: copies of a template's class file, in which {@code N0000} is replaced by
 * another number wherever it stands, in the names of classes and in those of methods. Each number has a class loader of
 * its own, so that its classes are unloaded when nobody uses them any more, and their place is taken by others of the
 * same shape.
 */
final class FreshClasses extends ClassLoader {
    static final int NUMBERS = 10_000;

    private static final String TEMPLATE = "N0000";

    private final String number;

    private FreshClasses(int number) {
        super(FreshClasses.class.getClassLoader());
        this.number = TEMPLATE.charAt(0) + String.format("%04d", number);
    }

    /** An instance of the template's copy; {@code number} is from 1 to {@link #NUMBERS} - 1. */
    static FreshWork work(Class<? extends FreshWork> template, int number) {
        FreshClasses loader = new FreshClasses(number);
        try {
            Class<?> fresh = loader.loadClass(template.getName().replace(TEMPLATE, loader.number));
            return (FreshWork) fresh.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.contains(number)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            return known != null ? known : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        byte[] bytes = bytesOf(name.replace(number, TEMPLATE));
        byte[] from = TEMPLATE.getBytes(StandardCharsets.US_ASCII);
        byte[] to = number.getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i <= bytes.length - from.length; i++) {
            if (matches(bytes, i, from)) {
                System.arraycopy(to, 0, bytes, i, to.length);
            }
        }
        return defineClass(name, bytes, 0, bytes.length);
    }

    private static boolean matches(byte[] bytes, int at, byte[] wanted) {
        for (int i = 0; i < wanted.length; i++) {
            if (bytes[at + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    private static byte[] bytesOf(String template) throws ClassNotFoundException {
        String file = template.substring(template.lastIndexOf('.') + 1) + ".class";
        try (InputStream in = FreshClasses.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new ClassNotFoundException(template);
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                bytes.write(buffer, 0, n);
            }
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new ClassNotFoundException(template, e);
        }
    }
}
